"""How one head would be turned to a place: which way, to what view, or why not. Decides, acts not.

Order: GeoMove, absolute positions (degrees of the device, or measured), the nearest preset.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.aim import Views, aimed, nearest_view, views
from gis.aimhead import direction_error_deg, positions_of, views_of
from gis.aimlimits import FREE, entered, narrowed

from ...errors import GridlinkError
from .facts import HeadFacts
from .models import Preset
from .refusals import DirectionUnknown, IntoForbidden, IntoMask, NoWay, OutOfReach
from .schemas import Method, ViewShape

#: A device that believes to stand further off than this aims GeoMove from the wrong place.
_GEO_OFF_M = 15.0
_GEO_ERROR_DEG = 2.0
_PRESET_ERROR_DEG = 3.0


@dataclass(frozen=True, slots=True)
class Target:
    """A place in degrees and in the scene's metres; the height is above the ground there."""

    lon: float
    lat: float
    x: float
    y: float
    ground_m: float
    height_m: float
    width_m: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What to command, and what the picture will then show."""

    method: Method
    #: None: of a preset whose angles nobody knows.
    view: Views | None
    error_deg: float | None
    zoomed_in: bool = False
    #: Device units: of an absolute move, and of a preset whose position is known.
    position: tuple[float, float, float] | None = None
    preset_token: str | None = None
    target: Target | None = None
    #: Of GeoMove: width left in view at the target, and how far the lens is above it.
    width_m: float | None = None
    lens_above_target_m: float | None = None


def plan_aim(facts: HeadFacts, target: Target) -> Plan:
    """Return how to turn a head to a place.

    Raises
    ------
    IntoForbidden, IntoMask
        Whatever the zoom, the picture would reach into what must not be seen.
    OutOfReach, NoWay, DirectionUnknown
        The head cannot get there, or nobody knows how.

    """
    spot = (target.x, target.y, target.ground_m + target.height_m)
    wanted, slant_m = aimed(facts.mount, facts.lens, [spot], width_m=target.width_m)
    refusal: GridlinkError = NoWay()
    try:
        free = allowed(facts, wanted)
        if _can_geo(facts):
            return _geo(facts, target, wanted, free, float(slant_m[0]))
        if facts.model is not None:
            return _absolute(facts, wanted, free)
    except OutOfReach as short:
        refusal = short
    return _preset(facts, wanted, refusal)


def plan_view(facts: HeadFacts, wanted: Views) -> Plan:
    """Return how to turn a head to a direction, zoomed in where only that is lawful.

    Raises
    ------
    IntoForbidden, IntoMask, OutOfReach, NoWay
        As `plan_aim`.

    """
    if facts.model is None:
        raise NoWay()
    return _absolute(facts, wanted, allowed(facts, wanted))


def allowed(facts: HeadFacts, wanted: Views) -> Views:
    """Return the view, narrower where it must be.

    Raises
    ------
    IntoForbidden, IntoMask
        If no zoom keeps out of what is forbidden.

    """
    if facts.limits.is_empty:
        return wanted
    free, reached = narrowed(facts.mount, wanted, facts.lens, facts.limits)
    if reached[0] != FREE:
        raise _into(facts, int(reached[0]))
    return free


def require_free(facts: HeadFacts, view: Views | None) -> None:
    """Let a view be shown as it is.

    Raises
    ------
    IntoForbidden, IntoMask
        It reaches into what is forbidden.
    DirectionUnknown
        Nobody knows where it looks, and something is forbidden near.

    """
    if facts.limits.is_empty:
        return
    if view is None:
        raise DirectionUnknown()
    reached = int(entered(facts.mount, view, facts.limits)[0])
    if reached != FREE:
        raise _into(facts, reached)


def is_lawful(facts: HeadFacts, view: Views | None) -> bool:
    """Return whether a view may be shown; one that nobody knows may not."""
    try:
        require_free(facts, view)
    except GridlinkError:
        return False
    return True


def view_at(facts: HeadFacts, position: tuple[float, float, float] | None) -> Views | None:
    """Return where a head looks at a device position; None where nobody knows."""
    if facts.model is None or position is None:
        return None
    return views_of(facts.model, np.array([position]))


def shape_of(view: Views | None) -> ViewShape | None:
    """Return a view as the API shows it."""
    if view is None:
        return None
    return ViewShape(
        azimuth_deg=round(float(view.azimuth_deg[0]), 2) % 360.0,
        tilt_deg=round(float(view.tilt_deg[0]), 2),
        fov_deg=round(float(view.fov_deg[0]), 2),
    )


def _into(facts: HeadFacts, number: int) -> IntoForbidden | IntoMask:
    is_area, name = facts.names_entered(number)
    return IntoForbidden(area=name) if is_area else IntoMask(area=name)


def _can_geo(facts: HeadFacts) -> bool:
    place = facts.skills.location
    if not facts.skills.can_geo or place is None or place.elevation_m is None:
        return False
    north_m = (place.lat - facts.lat) * 111_195.0
    east_m = (place.lon - facts.lon) * 111_195.0 * np.cos(np.radians(facts.lat))
    return bool(np.hypot(north_m, east_m) <= _GEO_OFF_M)


def _geo(facts: HeadFacts, target: Target, wanted: Views, free: Views, slant_m: float) -> Plan:
    if facts.model is not None and not positions_of(facts.model, free)[1][0]:
        raise OutOfReach()
    width_m = 2.0 * slant_m * float(np.tan(np.radians(free.fov_deg[0]) / 2.0))
    is_narrower = bool(free.fov_deg[0] < wanted.fov_deg[0])
    above_m = facts.mount.height_m - target.ground_m - target.height_m
    return Plan(
        "geo",
        free,
        _GEO_ERROR_DEG,
        is_narrower,
        target=target,
        width_m=width_m,
        lens_above_target_m=above_m,
    )


def _absolute(facts: HeadFacts, wanted: Views, free: Views) -> Plan:
    model = facts.model
    if model is None:
        raise NoWay()
    positions, reached = positions_of(model, free)
    if not reached[0]:
        raise OutOfReach()
    error = float(direction_error_deg(model, positions)[0]) if facts.is_calibrated else None
    pan, tilt, zoom = (float(value) for value in positions[0])
    is_narrower = bool(free.fov_deg[0] < wanted.fov_deg[0])
    return Plan("absolute", free, error, is_narrower, position=(pan, tilt, zoom))


def _preset(facts: HeadFacts, wanted: Views, refusal: GridlinkError) -> Plan:
    """The preset that has the place nearest its middle, of those that show nothing forbidden."""
    known = facts.known_presets
    if not known:
        raise refusal
    seen = facts.preset_views()
    free = entered(facts.mount, seen, facts.limits) == FREE
    rows = np.flatnonzero(free)
    best = nearest_view(seen.chosen(rows), float(wanted.azimuth_deg[0]), float(wanted.tilt_deg[0]))
    if best < 0:
        raise refusal
    row = int(rows[best])
    view = views(*(c[row] for c in (seen.azimuth_deg, seen.tilt_deg, seen.fov_deg)))
    position = preset_position(known[row])
    return Plan("preset", view, _PRESET_ERROR_DEG, position=position, preset_token=known[row].token)


def preset_position(preset: Preset) -> tuple[float, float, float] | None:
    """Return where a preset stands in device units; None where its device does not tell."""
    if preset.pan is None or preset.tilt is None:
        return None
    return preset.pan, preset.tilt, preset.zoom or 0.0
