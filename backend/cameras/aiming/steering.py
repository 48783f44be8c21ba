"""One head turned for somebody: stopped, sent home, to a preset, or as planned.

Each act: held and entered in one transaction, commanded outside any, stored in another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from gis.aim import Views
from gis.aim import views as views_from
from video.errors import DeviceError
from video.ptz import PtzHead

from ...access import Principal
from ...audit.register import enter
from ...db import begin
from ...errors import GridlinkError
from .. import registry
from ..models import Camera
from . import stated
from .aiming import Ordered, Outcome, commanded
from .asking import ensure_asked
from .facts import HeadFacts, heads, is_known
from .headrows import reach_of
from .lines import Reach, lines
from .locking import take, tell
from .models import Head, Preset
from .moving import Arrival, halt_tour, told
from .planning import Plan, preset_position, require_free, shape_of, view_at
from .refusals import HomeMissing, NoHead, failed
from .schemas import MoveAnswer, Stated
from .storing import interrupt_tour, store_arrival, store_failure

T = TypeVar("T")
Place = tuple[float, float, float]
Detail = dict[str, object]


@dataclass(frozen=True, slots=True)
class Steered:
    """A head with its facts, for the length of one act."""

    facts: HeadFacts
    reach: Reach


def stop(user: Principal, camera_id: int, order: Stated) -> MoveAnswer:
    """Stop a head; whoever holds it."""
    steered = steered_of(user, camera_id)
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        why = stated.why_of(session, user, camera, order)
        act = why.act("ptz.stopped", camera, {})
        enter(session, act)

    async def halt(head: PtzHead) -> Place | None:
        await halt_tour(head, steered.facts)
        await head.stop()
        return told(await head.status()) if head.skills.tells_position else None

    place = commanded_on(user, steered, halt)
    seen = view_at(steered.facts, place)
    keep(user, camera_id, Arrival(place, seen, None), "stop")
    return MoveAnswer(view=shape_of(seen))


def go_home(user: Principal, camera_id: int, order: Stated) -> MoveAnswer:
    """Send a head to its home view now.

    Raises
    ------
    HomeMissing
        None is set.

    """
    steered = steered_of(user, camera_id)
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
    return turn(user, steered, order, plan, act=act, method=method, detail=detail)


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
    position = preset_position(preset)
    return Plan("preset", seen, None, position=position, preset_token=preset.token)


def steered_of(user: Principal, camera_id: int) -> Steered:
    """Return a head with its facts; its device is asked what it can, where it never was."""
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


def turn(
    user: Principal,
    steered: Steered,
    order: Stated,
    plan: Plan,
    *,
    act: str = "ptz.moved",
    method: str | None = None,
    detail: Detail | None = None,
) -> MoveAnswer:
    """Turn a head as planned: held and entered, commanded, kept where it ended."""
    camera_id = steered.facts.camera_id
    view = shape_of(plan.view)
    told_view = {"view": view.model_dump() if view else None, **(detail or {})}
    with begin(user.scope) as session:
        hold(session, user, camera_id, order, (act, told_view))
    outcome = lines().run(commanded(lines(), Ordered(steered.facts, plan, steered.reach)))
    ended = _require(user, steered, outcome)
    keep(user, camera_id, ended, method or plan.method, plan.error_deg)
    return MoveAnswer(view=shape_of(ended.view), zoomed_in=plan.zoomed_in)


def hold(
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


def place_now(steered: Steered) -> Place | None:
    """Return the position a device tells; None where it tells none."""
    if not steered.facts.skills.tells_position:
        return None

    async def ask(head: PtzHead) -> Place | None:
        return told(await head.status())

    try:
        return lines().run(lines().on(steered.reach, ask))
    except DeviceError as error:
        raise failed(steered.facts.name, error) from None


def view_now(steered: Steered) -> Views | None:
    """Return where a head looks now; None where nobody knows."""
    if steered.facts.model is None:
        return None
    return view_at(steered.facts, place_now(steered))


def commanded_on(user: Principal, steered: Steered, act: Callable[[PtzHead], Awaitable[T]]) -> T:
    """Return what an act on the head returns; a refused login is kept as such."""
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


def keep(
    user: Principal,
    camera_id: int,
    ended: Arrival,
    method: str,
    error_deg: float | None = None,
) -> None:
    """Keep where a head ended, and how it was brought there."""
    with begin(user.scope) as session:
        camera: Camera = registry.get(session, camera_id)
        now = datetime.now(UTC)
        store_arrival(session, camera, ended, now, method=method, error_deg=error_deg)
        interrupt_tour(session, camera_id, now)
