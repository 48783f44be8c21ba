"""All of one head as the console shows it, and the sectors of heads on the map."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeVar

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gis.optics import assumed_range_m

from ...access import Principal
from ...settings import load
from .. import registry
from . import locking
from .calibrations import calibration_shape
from .headrows import lens_of, model_of, skills_of
from .keeping_schemas import (
    HeadCan,
    MaskShape,
    PositionShape,
    PresetShape,
    PresetTourShape,
    PresetTourStop,
    PtzSheet,
)
from .models import Head, HeadPosition, Mask, Preset, PresetTour
from .schemas import HeadTour, HeadView, HeadViews, MapBox, Method
from .stated import priority_of

T = TypeVar("T", Preset, PresetTour, Mask)
_MOST_VIEWS = 2000
_VIEWS = text(
    "SELECT c.id, c.name AS camera_name, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.width_px,"
    " v.kind, v.name, v.azimuth_deg, v.fov_deg, v.moved_at"
    " FROM cameras c CROSS JOIN LATERAL ("
    "  SELECT 'now' AS kind, p.method AS name, p.azimuth_deg, p.fov_deg, p.moved_at"
    "  FROM ptz_positions p WHERE p.camera_id = c.id AND p.azimuth_deg IS NOT NULL"
    "  UNION ALL"
    "  SELECT 'preset', s.name, s.azimuth_deg, s.fov_deg, NULL"
    "  FROM ptz_presets s WHERE s.camera_id = c.id AND s.azimuth_deg IS NOT NULL"
    "   AND s.fov_deg IS NOT NULL) v"
    " WHERE c.has_ptz AND c.division_code BETWEEN :low AND :high"
    " AND c.geom_3857 && ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 3857)"
    " ORDER BY c.id, v.kind, v.name LIMIT :most"
)


def sheet(session: Session, user: Principal, camera_id: int, now: datetime) -> PtzSheet:
    """Return everything known of a camera's head."""
    camera = registry.get(session, camera_id)
    head = session.get(Head, camera_id)
    position = session.get(HeadPosition, camera_id)
    presets = _of(session, Preset, camera_id)
    return PtzSheet(
        camera_id=camera_id,
        can=_can(head, presets) if head is not None else None,
        widest_deg=head.widest_deg if head else None,
        narrowest_deg=head.narrowest_deg if head else None,
        position=position_shape(position) if position is not None else None,
        lock=locking.shown(session, camera, user, now),
        my_priority=priority_of(session, user, None),
        presets=[preset_shape(preset) for preset in presets],
        tours=[tour_shape(tour) for tour in _of(session, PresetTour, camera_id)],
        masks=[mask_shape(mask) for mask in _of(session, Mask, camera_id)],
        calibration=calibration_shape(head) if head is not None else None,
        home_preset_id=head.home_preset_id if head else None,
        home_after_s=head.home_after_s if head else None,
    )


def head_views(session: Session, span: tuple[int, int], box: MapBox) -> HeadViews:
    """Return where the heads within a box of the map look, and their presets."""
    asked = box.model_dump()
    rows = session.execute(_VIEWS, {**asked, "low": span[0], "high": span[1], "most": _MOST_VIEWS})
    sight = load().sight
    views = []
    for row in rows:
        fov = float(row.fov_deg or sight.fov_deg)
        width = row.width_px or sight.width_px
        reach = float(assumed_range_m(fov, width, px_per_m=sight.least_px_per_m))
        kind: Literal["now", "preset"] = "now" if row.kind == "now" else "preset"
        views.append(
            HeadView(
                camera_id=row.id,
                camera_name=row.camera_name,
                lon=row.lon,
                lat=row.lat,
                kind=kind,
                name=row.name,
                azimuth_deg=row.azimuth_deg,
                fov_deg=fov,
                reach_m=round(min(reach, sight.ptz_radius_m), 1),
                moved_at=row.moved_at,
            )
        )
    return HeadViews(views=views, tours=_tours(session, {view.camera_id for view in views}))


def _tours(session: Session, camera_ids: set[int]) -> list[HeadTour]:
    """Tours of those cameras, each as the azimuths it goes through; unknown ones are left out."""
    presets = session.execute(
        select(Preset.id, Preset.azimuth_deg).where(Preset.camera_id.in_(camera_ids))
    )
    azimuths = {row.id: row.azimuth_deg for row in presets if row.azimuth_deg is not None}
    query = select(PresetTour).where(PresetTour.camera_id.in_(camera_ids)).order_by(PresetTour.id)
    tours = []
    for tour in session.scalars(query):
        known = [azimuths[s["preset_id"]] for s in tour.stops if s["preset_id"] in azimuths]
        if len(known) > 1:
            tours.append(
                HeadTour(
                    camera_id=tour.camera_id,
                    name=tour.name,
                    is_running=tour.due_at is not None,
                    azimuths_deg=known,
                )
            )
    return tours


def preset_shape(preset: Preset) -> PresetShape:
    """Return a preset as the API shows it; its token is the device's affair."""
    return PresetShape(
        id=preset.id,
        name=preset.name,
        azimuth_deg=preset.azimuth_deg,
        tilt_deg=preset.tilt_deg,
        fov_deg=preset.fov_deg,
    )


def tour_shape(tour: PresetTour) -> PresetTourShape:
    """Return a tour as the API shows it."""
    return PresetTourShape(
        id=tour.id,
        name=tour.name,
        stops=[PresetTourStop(**stop) for stop in tour.stops],
        step=tour.step,
        is_running=tour.due_at is not None,
        in_device=tour.token is not None,
        on_device=tour.on_device,
        is_foreign=tour.due_at is not None and tour.started_by is None,
    )


def mask_shape(mask: Mask) -> MaskShape:
    """Return a masked sector as the API shows it."""
    return MaskShape(
        id=mask.id,
        name=mask.name,
        from_deg=mask.from_deg,
        to_deg=mask.to_deg,
        top_deg=mask.top_deg,
        bottom_deg=mask.bottom_deg,
    )


def _of(session: Session, kind: type[T], camera_id: int) -> list[T]:
    query = select(kind).where(kind.camera_id == camera_id).order_by(kind.id)
    return list(session.scalars(query))


def _can(head: Head, presets: list[Preset]) -> HeadCan:
    skills, lens = skills_of(head), lens_of(head)
    model = model_of(head, skills, lens)
    ways: list[tuple[Method, bool]] = [
        ("geo", skills.can_geo and skills.location is not None),
        ("absolute", model is not None),
        ("preset", any(p.azimuth_deg is not None for p in presets)),
    ]
    return HeadCan(
        aims_by=[way for way, is_so in ways if is_so],
        space=skills.space,
        drives=skills.can_drive,
        tells_position=skills.tells_position,
        has_home=head.home_preset_id is not None,
        tours_itself=skills.tours_max > 0,
    )


def position_shape(position: HeadPosition) -> PositionShape:
    """Return a position as the API shows it."""
    return PositionShape(
        azimuth_deg=position.azimuth_deg,
        tilt_deg=position.tilt_deg,
        fov_deg=position.fov_deg,
        error_deg=position.error_deg,
        pan=position.pan,
        tilt=position.tilt,
        zoom=position.zoom,
        method=position.method,
        moved_at=position.moved_at,
        home_due_at=position.home_due_at,
    )
