"""What is known of heads before they are turned: rows of the database as plain values.

Forbidden areas are read past the caller's jurisdiction: the law binds across its border.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gis.aim import Lens, Mount, Views, views
from gis.aimhead import Axes, HeadModel, Span, spherical_head
from gis.aimlimits import ForbiddenArea, Limits, MaskedSector
from gis.optics import assumed_range_m
from gis.terrain import ground_height_m
from video.credentials import Credentials
from video.errors import CredentialsRejected
from video.ptz_skills import Ranges, Skills

from ...db import begin
from ...settings import load
from ...spatial import lonlat
from .. import devices, lookout
from ..models import Camera
from ..vault import unseal
from .lines import Reach
from .models import Head, Mask, Preset
from .refusals import HeadFailed, NoHead

_NARROWEST_SHARE = 1 / 10
"""Of the widest field, where nobody stated the narrowest: a small dome zooms ten times."""
_UNMEASURED_DEG = 3.0
"""What a head that states degrees is taken to be off by, until it is calibrated."""
_GEO_DEG = 2.0
_REPEAT_DEG = 0.3

_AREAS = text(
    "SELECT id, name, ST_AsBinary(geom) AS shape FROM restricted_areas WHERE kind = 'forbidden'"
    " AND geom_3857 && ST_Expand(ST_Transform(ST_SetSRID(ST_Point(:lon, :lat), 4326), 3857), :far)"
)


@dataclass(frozen=True, slots=True)
class HeadFacts:
    """One head, ready to be aimed; `model` None: its directions are not known."""

    camera_id: int
    name: str
    division_code: int
    lon: float
    lat: float
    mount: Mount
    ground_m: float
    lens: Lens
    width_px: float
    range_m: float
    skills: Skills
    model: HeadModel | None
    is_calibrated: bool
    presets: tuple[Preset, ...]
    limits: Limits
    names: tuple[str, ...]
    """Of the areas, then of the masked sectors, as `limits` numbers them."""

    @property
    def known_presets(self) -> tuple[Preset, ...]:
        """Those whose direction and field are known."""
        return tuple(p for p in self.presets if is_known(p))

    @property
    def exactly(self) -> HeadFacts:
        """The same without room for error: a head is judged so where it stands."""
        return replace(self, limits=replace(self.limits, error_deg=0.0))

    def preset_views(self) -> Views:
        """The views of `known_presets`."""
        known = self.known_presets
        return views(
            np.array([p.azimuth_deg for p in known], dtype=np.float64),
            np.array([p.tilt_deg for p in known], dtype=np.float64),
            np.array([p.fov_deg for p in known], dtype=np.float64),
        )

    def names_entered(self, number: int) -> tuple[bool, str]:
        """Return whether it is an area (else a masked sector), and its name."""
        return number < len(self.limits.areas), self.names[number]


def is_known(preset: Preset) -> bool:
    """Return whether a preset's direction and field are known."""
    return None not in (preset.azimuth_deg, preset.tilt_deg, preset.fov_deg)


def heads(session: Session, camera_ids: Iterable[int]) -> dict[int, HeadFacts]:
    """Return the facts of those cameras that have a head whose device was asked."""
    ids = list(camera_ids)
    watch, scene = lookout.current(session)
    cameras = session.scalars(select(Camera).where(Camera.id.in_(ids))).all()
    rows = {h.camera_id: h for h in session.scalars(select(Head).where(Head.camera_id.in_(ids)))}
    presets = session.scalars(
        select(Preset).where(Preset.camera_id.in_(ids)).order_by(Preset.id)
    ).all()
    masks = session.scalars(select(Mask).where(Mask.camera_id.in_(ids)).order_by(Mask.id)).all()
    found: dict[int, HeadFacts] = {}
    for camera in cameras:
        # Poses run in order of camera and sensor: the first sensor is the head's.
        head, pose = rows.get(camera.id), int(np.searchsorted(watch.camera_id, camera.id))
        is_posed = pose < len(watch.camera_id) and watch.camera_id[pose] == camera.id
        if head is None or not is_posed:
            continue
        own = tuple(p for p in presets if p.camera_id == camera.id)
        sectors = [m for m in masks if m.camera_id == camera.id]
        found[camera.id] = _facts(camera, head, own, sectors, (watch, scene, pose))
    return found


def _facts(
    camera: Camera,
    head: Head,
    presets: tuple[Preset, ...],
    masks: list[Mask],
    around: tuple[lookout.Lookout, Any, int],
) -> HeadFacts:
    watch, scene, pose = around
    lon, lat = lonlat(camera.geom)
    x, y = float(watch.x[pose]), float(watch.y[pose])
    ground = 0.0
    if scene.terrain is not None:
        ground = float(np.nan_to_num(ground_height_m(scene.terrain, [x], [y]))[0])
    convergence = float(watch.poses.convergence_deg[pose])
    mount = Mount(x, y, ground + float(watch.poses.height_m[pose]), convergence)
    lens = lens_of(head)
    width_px, range_m = float(watch.poses.width_px[pose]), float(watch.poses.range_m[pose])
    skills = skills_of(head)
    model = model_of(head, skills, lens)
    areas = _areas(watch, lon, lat, max(range_m, reach_m(lens, width_px)))
    return HeadFacts(
        camera_id=camera.id,
        name=camera.name,
        division_code=camera.division_code,
        lon=lon,
        lat=lat,
        mount=mount,
        ground_m=ground,
        lens=lens,
        width_px=width_px,
        range_m=range_m,
        skills=skills,
        model=model,
        is_calibrated=head.calibration is not None,
        presets=presets,
        limits=Limits(
            [ForbiddenArea(shape, *_floor_and_ceiling(ground)) for _, shape in areas],
            [MaskedSector(m.from_deg, m.to_deg, m.top_deg, m.bottom_deg) for m in masks],
            error_deg=error_of(head, skills),
            range_m=range_m,
            width_px=width_px,
        ),
        names=(*(name for name, _ in areas), *(m.name for m in masks)),
    )


def _floor_and_ceiling(ground_m: float) -> tuple[float, float]:
    """Ground under an area may lie lower than the camera's, or higher: both by a storey."""
    return ground_m - 3.0, ground_m + 3.0 + load().aiming.forbidden_height_m


def _areas(
    watch: lookout.Lookout, lon: float, lat: float, far_m: float
) -> list[tuple[str, shapely.Geometry]]:
    # Mercator metres are longer than those of the ground, by 1 / cos(latitude).
    stretched = far_m / max(float(np.cos(np.radians(lat))), 0.1) * 1.01
    with begin() as owner:
        rows = owner.execute(_AREAS, {"lon": lon, "lat": lat, "far": stretched}).all()
    shapes = np.array([shapely.from_wkb(row.shape) for row in rows], dtype=object)
    metric = watch.frame.geometry_to_metric(shapes) if len(rows) else shapes
    return [(row.name, shape) for row, shape in zip(rows, metric, strict=True)]


def reach_m(lens: Lens, width_px: float) -> float:
    """Return how far the narrowest field still shows enough, capped as the search for PTZ is."""
    sight = load().sight
    far = assumed_range_m(lens.narrowest_deg, width_px, px_per_m=sight.least_px_per_m)
    return min(float(far), sight.ptz_radius_m)


def lens_of(head: Head) -> Lens:
    """Return the fields of a head as stated, else as assumed."""
    widest = head.widest_deg or load().sight.fov_deg
    return Lens(widest, min(head.narrowest_deg or widest * _NARROWEST_SHARE, widest))


def skills_of(head: Head) -> Skills:
    """Return what the device said it can do."""
    from video.device import GeoLocation

    can = {name: value for name, value in head.can.items() if name != "asked_at"}
    ranges = can.pop("ranges")
    place = can.pop("location")
    return Skills(
        **can,
        ranges=Ranges(**{axis: span and tuple(span) for axis, span in ranges.items()})
        if ranges
        else None,
        location=GeoLocation(**place) if place else None,
    )


def axes_of(skills: Skills) -> Axes | None:
    """Return the ranges of the axes; None where the head knows no positions."""
    if skills.ranges is None:
        return None
    zoom = skills.ranges.zoom or (0.0, 1.0)
    return Axes(Span(*skills.ranges.pan), Span(*skills.ranges.tilt), Span(*zoom))


def model_of(head: Head, skills: Skills, lens: Lens) -> HeadModel | None:
    """Return how the head's numbers become directions: measured, else as its degrees say."""
    axes = axes_of(skills)
    if axes is None:
        return None
    if head.calibration is not None:
        return HeadModel(
            np.array(head.calibration["numbers"], dtype=np.float64),
            np.array(head.calibration["covariance"], dtype=np.float64),
            axes,
        )
    if skills.space == "spherical":
        return spherical_head(axes, widest_deg=lens.widest_deg, narrowest_deg=lens.narrowest_deg)
    return None


def error_of(head: Head, skills: Skills) -> float:
    """Return what the head's direction may be off, in degrees, as limits are judged."""
    if head.calibration is not None:
        return float(head.calibration["error_deg"]) + _REPEAT_DEG
    return _GEO_DEG if skills.can_geo else _UNMEASURED_DEG


def reach_of(camera: Camera, head: Head | None) -> Reach:
    """Return where a camera's head answers; its login is unsealed here.

    Raises
    ------
    NoHead
        The camera has no head, or no device behind it.
    HeadFailed
        The device refused the stored login: asking again could lock the account.

    """
    device = camera.device
    if device is None or not camera.has_ptz:
        raise NoHead(name=camera.name)
    if device.auth_state == "rejected":
        raise HeadFailed(name=camera.name, device_code=CredentialsRejected.code)
    login = unseal(device.secret) if device.secret else ("", "")
    # Another device at the camera may have another head: it is asked anew.
    is_same = head is not None and head.can.get("asked_at") == device.address
    return Reach(
        camera.id,
        device.address,
        Credentials(*login),
        devices.policy(),
        skills_of(head) if head is not None and is_same else None,
    )
