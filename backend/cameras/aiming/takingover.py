"""What a device keeps of its head and nobody named here: its presets and tours, taken over."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from video.ptz import DevicePreset
from video.ptz_tours import DeviceTour

from ..models import Camera
from .facts import HeadFacts
from .models import Preset, PresetTour
from .planning import shape_of, view_at


def take_over(
    session: Session, camera: Camera, facts: HeadFacts, presets: tuple[DevicePreset, ...]
) -> None:
    """Keep the presets of a device that nobody named here, with the angles they mean."""
    own = session.scalars(select(Preset).where(Preset.camera_id == camera.id)).all()
    tokens, names = {p.token for p in own}, {p.name for p in own}
    for found in presets:
        if found.token in tokens:
            continue
        name = found.name if found.name not in names else f"{found.name} ({found.token})"
        names.add(name)
        place = found.position
        session.add(
            Preset(
                camera_id=camera.id,
                division_code=camera.division_code,
                name=name[:60] or found.token[:60],
                token=found.token,
                pan=place.pan,
                tilt=place.tilt,
                zoom=place.zoom,
            )
        )
    session.flush()
    directions(session, facts)


def take_over_tours(session: Session, camera: Camera, tours: tuple[DeviceTour, ...]) -> None:
    """Keep the tours of a device that are not kept here; stops at unknown presets fall away."""
    own = session.scalars(select(PresetTour).where(PresetTour.camera_id == camera.id)).all()
    presets = session.scalars(select(Preset).where(Preset.camera_id == camera.id)).all()
    id_of = {preset.token: preset.id for preset in presets}
    tokens, names = {tour.token for tour in own}, {tour.name for tour in own}
    for found in tours:
        stops = [
            {"preset_id": id_of[stop.preset_token], "dwell_s": min(max(stop.dwell_s, 5), 3600)}
            for stop in found.stops
            if stop.preset_token in id_of
        ]
        if found.token in tokens or len(stops) < 2:
            continue
        name = found.name if found.name not in names else f"{found.name} ({found.token})"
        names.add(name)
        session.add(
            PresetTour(
                camera_id=camera.id,
                division_code=camera.division_code,
                name=name[:60],
                stops=stops[:32],
                token=found.token,
            )
        )
    session.flush()


def directions(session: Session, facts: HeadFacts) -> None:
    """Give presets whose positions are known the angles the head's numbers mean."""
    if facts.model is None:
        return
    for preset in session.scalars(select(Preset).where(Preset.camera_id == facts.camera_id)):
        if preset.pan is None or preset.tilt is None:
            continue
        view = shape_of(view_at(facts, (preset.pan, preset.tilt, preset.zoom or 0.0)))
        if view is not None:
            preset.azimuth_deg, preset.tilt_deg = view.azimuth_deg, view.tilt_deg
            preset.fov_deg = view.fov_deg
    session.flush()
