"""One head turned by hand: to a direction, to a point of its picture, by speeds; stop and home.

Each act: held and entered in one transaction, commanded outside any, stored in another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from gis.aim import Views, dragged
from gis.aim import views as views_from
from video.errors import DeviceError
from video.ptz import LONGEST_DRIVE_S, PtzHead

from ...access import Principal
from ...audit.register import enter
from ...db import begin
from ...errors import GridlinkError
from .. import registry
from ..models import Camera
from . import stated
from .aiming import Ordered, Outcome, commanded
from .asking import ensure_asked
from .facts import HeadFacts, heads, is_known, reach_of
from .guarding import watch_over
from .lines import Reach, lines
from .locking import take, tell
from .models import Head, HeadPosition, Preset
from .moving import Arrival, told
from .planning import Plan, plan_view, require_free, shape_of, view_at
from .refusals import DirectionUnknown, HomeMissing, NoHead, failed
from .schemas import Drive, InPicture, MoveAnswer, MoveOrder, Stated
from .storing import store_arrival, store_failure

#: A drive sent again within this goes on: it is one act of the register.
_GOES_ON_S = 3.0
#: What a head might turn within a poll at full speed, before it was seen to move.
_FIRST_STEP_DEG = 12.0
T = TypeVar("T")
Place = tuple[float, float, float]
Detail = dict[str, object]


@dataclass(frozen=True, slots=True)
class Steered:
    """A head with its facts, for the length of one act."""

    facts: HeadFacts
    reach: Reach


def move(user: Principal, camera_id: int, order: MoveOrder) -> MoveAnswer:
    """Move a head the one way the order names.

    Raises
    ------
    NotFound, NoHead, HeadFailed, Held
        No such camera or head, the device failed, or somebody else holds it.
    IntoForbidden, IntoMask, DirectionUnknown, OutOfReach, NoWay
        The picture would reach where it must not, or the head cannot get there.

    """
    steered = _known(user, camera_id)
    if order.drive is not None:
        return _drive(user, steered, order, order.drive)
    if order.direction is not None:
        now = _view_now(steered)
        field = order.direction.fov_deg or (
            float(now.fov_deg[0]) if now is not None else steered.facts.lens.widest_deg
        )
        wanted = views_from(order.direction.azimuth_deg, order.direction.tilt_deg, field)
        return _turn(user, steered, order, plan_view(steered.facts, wanted))
    return _drag(user, steered, order, order.picture or InPicture())


def stop(user: Principal, camera_id: int, order: Stated) -> MoveAnswer:
    """Stop a head; whoever holds it."""
    steered = _known(user, camera_id)
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        why = stated.why_of(session, user, camera, order)
        act = why.act("ptz.stopped", camera, {})
        enter(session, act)

    async def halt(head: PtzHead) -> Place | None:
        await head.stop()
        return told(await head.status()) if head.skills.tells_position else None

    place = _commanded(user, steered, halt)
    seen = view_at(steered.facts, place)
    _store(user, camera_id, Arrival(place, seen, None), "stop")
    return MoveAnswer(view=shape_of(seen))


def go_home(user: Principal, camera_id: int, order: Stated) -> MoveAnswer:
    """Send a head to its home view now.

    Raises
    ------
    HomeMissing
        None is set.

    """
    steered = _known(user, camera_id)
    with begin(user.scope) as session:
        head = session.get_one(Head, camera_id)
        preset = session.get(Preset, head.home_preset_id) if head.home_preset_id else None
    if preset is None:
        raise HomeMissing()
    return go_to(user, steered, order, preset, act="ptz.home", method="home")


def go_to(
    user: Principal,
    steered: Steered,
    order: Stated,
    preset: Preset,
    *,
    act: str = "ptz.preset",
    method: str = "preset",
) -> MoveAnswer:
    """Send a head to one of its presets, if what that shows may be seen."""
    plan = preset_plan(steered.facts, preset)
    detail: Detail = {"preset": preset.name}
    return _turn(user, steered, order, plan, act=act, method=method, detail=detail)


def preset_plan(facts: HeadFacts, preset: Preset) -> Plan:
    """Return how to turn to a preset.

    Raises
    ------
    IntoForbidden, IntoMask, DirectionUnknown
        What it shows must not be seen, or nobody knows what it shows.

    """
    seen = (
        views_from(preset.azimuth_deg or 0.0, preset.tilt_deg or 0.0, preset.fov_deg or 1.0)
        if is_known(preset)
        else None
    )
    require_free(facts, seen)
    return Plan("preset", seen, None, preset_token=preset.token)


def steered_of(user: Principal, camera_id: int) -> Steered:
    """Return a head with its facts; its device is asked what it can, where it never was."""
    return _known(user, camera_id)


def _known(user: Principal, camera_id: int) -> Steered:
    with begin(user.scope) as session:
        registry.get(session, camera_id)
    refused = ensure_asked(user.scope, [camera_id])
    if camera_id in refused:
        raise refused[camera_id]
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        facts = heads(session, [camera_id]).get(camera_id)
        if facts is None:
            raise NoHead(name=camera.name)
        return Steered(facts, reach_of(camera, session.get(Head, camera_id)))


def _turn(
    user: Principal,
    steered: Steered,
    order: Stated,
    plan: Plan,
    *,
    act: str = "ptz.moved",
    method: str | None = None,
    detail: Detail | None = None,
) -> MoveAnswer:
    camera_id = steered.facts.camera_id
    view = shape_of(plan.view)
    told_view = {"view": view.model_dump() if view else None, **(detail or {})}
    with begin(user.scope) as session:
        _hold(session, user, camera_id, order, (act, told_view))
    outcome = lines().run(commanded(lines(), Ordered(steered.facts, plan, steered.reach)))
    ended = _require(user, steered, outcome)
    _store(user, camera_id, ended, method or plan.method, plan.error_deg)
    return MoveAnswer(view=shape_of(ended.view), zoomed_in=plan.zoomed_in)


def _drag(user: Principal, steered: Steered, order: MoveOrder, drag: InPicture) -> MoveAnswer:
    """Centre a point of the picture; where no directions are known, by a relative move."""
    now = _view_now(steered)
    if now is not None:
        wanted = dragged(now, drag.dx, drag.dy, zoom=drag.zoom)
        lens = steered.facts.lens
        field = min(max(float(wanted.fov_deg[0]), lens.narrowest_deg), lens.widest_deg)
        return _turn(user, steered, order, plan_view(steered.facts, wanted.with_field(field)))
    if not steered.facts.limits.is_empty:
        raise DirectionUnknown()
    lens = steered.facts.lens
    # A generic unit is about 180 degrees of pan and 60 of tilt; a guess, as good as a hand's.
    step = (
        drag.dx * lens.widest_deg / 2.0 / 180.0,
        -drag.dy * lens.widest_deg / 3.5 / 60.0,
        0.15 if drag.zoom > 1.0 else -0.15 if drag.zoom < 1.0 else 0.0,
    )
    with begin(user.scope) as session:
        detail: Detail = drag.model_dump()
        _hold(session, user, steered.facts.camera_id, order, ("ptz.moved", detail))
    _commanded(user, steered, lambda head: head.move_by(*step))
    _store(user, steered.facts.camera_id, Arrival(None, None, None), "relative")
    return MoveAnswer(view=None)


def _drive(user: Principal, steered: Steered, order: MoveOrder, drive: Drive) -> MoveAnswer:
    """Drive by speeds until the dead man's time; near what is forbidden under guard."""
    facts = steered.facts
    place: Place | None = None
    if not facts.limits.is_empty:
        place = _place_now(steered)
        seen = view_at(facts, place)
        require_free(facts, seen)
        require_free(facts, _first_step(seen, drive) if seen is not None else None)
    now = datetime.now(UTC)
    with begin(user.scope) as session:
        detail: Detail = drive.model_dump()
        goes_on = _drives_since(session, facts.camera_id, now)
        _hold(session, user, facts.camera_id, order, None if goes_on else ("ptz.driven", detail))
    _commanded(
        user,
        steered,
        lambda head: head.move_on(drive.pan, drive.tilt, drive.zoom, for_s=LONGEST_DRIVE_S),
    )
    if not facts.limits.is_empty:
        lines().run(watch_over(lines(), steered.reach, facts))
    seen = view_at(facts, place)
    _store(user, facts.camera_id, Arrival(None, None, None), "drive")
    return MoveAnswer(view=shape_of(seen))


def _first_step(seen: Views, drive: Drive) -> Views:
    """The view after the first moment of a drive, before the guard has seen it move."""
    tilt = float(seen.tilt_deg[0]) - drive.tilt * _FIRST_STEP_DEG
    return views_from(
        float(seen.azimuth_deg[0]) + drive.pan * _FIRST_STEP_DEG,
        min(max(tilt, -90.0), 90.0),
        float(seen.fov_deg[0]),
    )


def _drives_since(session: Session, camera_id: int, now: datetime) -> bool:
    last = session.get(HeadPosition, camera_id)
    return (
        last is not None
        and last.method == "drive"
        and now - last.moved_at < timedelta(seconds=_GOES_ON_S)
    )


def _hold(
    session: Session,
    user: Principal,
    camera_id: int,
    order: Stated,
    act: tuple[str, Detail] | None,
) -> None:
    """Take the head and enter the act; None goes on with one that was entered."""
    camera = registry.get(session, camera_id)
    why = stated.why_of(session, user, camera, order)
    overruled = take(session, camera, why, datetime.now(UTC))
    tell(session, camera)
    if act is not None:
        enter(session, why.act(act[0], camera, {**act[1], "overruled": overruled}))


def _place_now(steered: Steered) -> Place | None:
    if not steered.facts.skills.tells_position:
        return None

    async def ask(head: PtzHead) -> Place | None:
        return told(await head.status())

    try:
        return lines().run(lines().on(steered.reach, ask))
    except DeviceError as error:
        raise failed(steered.facts.name, error) from None


def _view_now(steered: Steered) -> Views | None:
    if steered.facts.model is None:
        return None
    return view_at(steered.facts, _place_now(steered))


def _commanded(user: Principal, steered: Steered, act: Callable[[PtzHead], Awaitable[T]]) -> T:
    try:
        return lines().run(lines().on(steered.reach, act))
    except DeviceError as error:
        with begin(user.scope) as session:
            store_failure(session, steered.facts.camera_id, error)
        raise failed(steered.facts.name, error) from None


def _require(user: Principal, steered: Steered, outcome: Outcome) -> Arrival:
    if isinstance(outcome, DeviceError):
        with begin(user.scope) as session:
            store_failure(session, steered.facts.camera_id, outcome)
        raise failed(steered.facts.name, outcome)
    if isinstance(outcome, GridlinkError):
        raise outcome
    return outcome


def _store(
    user: Principal,
    camera_id: int,
    ended: Arrival,
    method: str,
    error_deg: float | None = None,
) -> None:
    with begin(user.scope) as session:
        camera: Camera = registry.get(session, camera_id)
        now = datetime.now(UTC)
        store_arrival(session, camera, ended, now, method=method, error_deg=error_deg)
