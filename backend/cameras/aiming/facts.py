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
from gis.aimhead import HeadModel
from gis.aimlimits import ForbiddenArea, Limits, MaskedSector
from gis.terrain import ground_height_m
from video.ptz_skills import Skills

from ...db import begin
from ...settings import load
from ...spatial import lonlat
from .. import lookout
from ..models import Camera
from .headrows import error_of, lens_of, model_of, reach_m, skills_of
from .models import Head, HeadPosition, Mask, Preset, PresetTour

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
    last_view: Views | None = None
    """Where it was last brought to; what is known of a head that tells no position."""
    touring: str | None = None
    """The device's token of a tour it runs now by itself."""

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
    lasts, tours = _lasts(session, ids), _device_tours(session, ids)
    found: dict[int, HeadFacts] = {}
    for camera in cameras:
        # Poses run in order of camera and sensor: the first sensor is the head's.
        head, pose = rows.get(camera.id), int(np.searchsorted(watch.camera_id, camera.id))
        is_posed = pose < len(watch.camera_id) and watch.camera_id[pose] == camera.id
        if head is None or not is_posed:
            continue
        own = tuple(p for p in presets if p.camera_id == camera.id)
        sectors = [m for m in masks if m.camera_id == camera.id]
        known = _facts(camera, head, own, sectors, (watch, scene, pose))
        found[camera.id] = replace(
            known, last_view=lasts.get(camera.id), touring=tours.get(camera.id)
        )
    return found


def _lasts(session: Session, ids: list[int]) -> dict[int, Views]:
    rows = session.scalars(select(HeadPosition).where(HeadPosition.camera_id.in_(ids)))
    return {
        row.camera_id: views(row.azimuth_deg or 0.0, row.tilt_deg or 0.0, row.fov_deg or 1.0)
        for row in rows
        if None not in (row.azimuth_deg, row.tilt_deg, row.fov_deg)
    }


def _device_tours(session: Session, ids: list[int]) -> dict[int, str]:
    running = PresetTour.on_device & PresetTour.camera_id.in_(ids)
    rows = session.scalars(select(PresetTour).where(running))
    return {row.camera_id: row.token for row in rows if row.token is not None}


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
