"""一点多看: every PTZ camera that can see a place turns to it; each answers for itself.

Decided and entered in the register in one transaction, commanded outside any, stored in a third.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from video.errors import DeviceError, TimedOut

from ...access import Principal
from ...audit.register import enter
from ...db import begin
from ...errors import GridlinkError, NotFound
from ...settings import load
from ..models import Camera
from . import stated
from .asking import ensure_asked
from .candidates import Candidate, candidates, target_of
from .facts import HeadFacts, heads
from .headrows import reach_of
from .lines import Lines, Reach, lines
from .locking import take
from .models import Head
from .moving import Arrival, carry_out
from .planning import Plan, Target, plan_aim, shape_of
from .refusals import NoHead, failed, words
from .schemas import AimAnswer, AimedCamera, AimOrder
from .storing import interrupt_tour, store_arrival, store_failure

_OUTCOME_ORDER = {"aimed": 0, "refused": 1, "skipped": 2}


_LEGS = 3
"""Legs of a way round are short: together they are given the time of three."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """One head that will be turned."""

    facts: HeadFacts
    plan: Plan
    reach: Reach


Outcome = Arrival | GridlinkError | DeviceError


def aim(user: Principal, order: AimOrder) -> AimAnswer:
    """Turn all heads that can see a place, and say of each near one what came of it.

    Raises
    ------
    PurposeMissing, IncidentUnknown, IncidentMissing
        As for the opening of a picture.

    """
    with begin(user.scope) as session:
        stated.why(session, user, order.purpose, order.incident_id)
        target = target_of(session, order)
        near = candidates(session, user, target, order.camera_ids)
    able = [one.camera.id for one in near if one.obstacle is None]
    rows = [_skipped(one, user) for one in near if one.obstacle is not None]
    deaf = ensure_asked(user.scope, able)
    with begin(user.scope) as session:
        ordered, refused = _decide(session, user, (order, target), [*able], deaf)
    rows += refused
    outcomes = lines().run(_command(lines(), ordered))
    with begin(user.scope) as session:
        rows += [
            _settle(session, one, outcome, user)
            for one, outcome in zip(ordered, outcomes, strict=True)
        ]
    rank = {one.camera.id: i for i, one in enumerate(near)}
    rows.sort(key=lambda row: (_OUTCOME_ORDER[row.outcome], rank[row.camera_id]))
    return AimAnswer(lon=order.lon, lat=order.lat, cameras=rows)


def _decide(
    session: Session,
    user: Principal,
    asked: tuple[AimOrder, Target],
    camera_ids: list[int],
    deaf: dict[int, GridlinkError],
) -> tuple[list[Ordered], list[AimedCamera]]:
    """Return what will be commanded, held and entered, and the rows of those that refuse."""
    order, target = asked
    why = stated.why(session, user, order.purpose, order.incident_id)
    facts = heads(session, camera_ids)
    ordered: list[Ordered] = []
    refused: list[AimedCamera] = []
    acts = []
    now = datetime.now(UTC)
    for camera_id in sorted(camera_ids):  # in one order, or two who aim could wait for each other
        camera = session.get(Camera, camera_id)
        if camera is None:
            continue
        try:
            if camera_id in deaf:
                raise deaf[camera_id]
            if camera_id not in facts:
                raise NoHead(name=camera.name)
            plan = plan_aim(facts[camera_id], target)
            reach = reach_of(camera, session.get(Head, camera_id))
            overruled = take(session, camera, why, now)
        except GridlinkError as refusal:
            refused.append(_refused(camera_id, camera.name, refusal, user))
            continue
        ordered.append(Ordered(facts[camera_id], plan, reach))
        acts.append(why.act("ptz.aimed", camera, _detail(order, plan, overruled)))
    for act in acts:  # last: other writers of the register wait from here to the commit
        enter(session, act)
    return ordered, refused


def _detail(order: AimOrder, plan: Plan, overruled: str | None) -> dict[str, object]:
    view = shape_of(plan.view)
    return {
        "lon": order.lon,
        "lat": order.lat,
        "method": plan.method,
        "view": view.model_dump() if view else None,
        "zoomed_in": plan.zoomed_in,
        "overruled": overruled,
    }


async def _command(lines: Lines, ordered: list[Ordered]) -> list[Outcome]:
    gate = asyncio.Semaphore(load().aiming.at_once)

    async def one(item: Ordered) -> Outcome:
        async with gate:
            return await commanded(lines, item)

    return list(await asyncio.gather(*(one(item) for item in ordered)))


async def commanded(lines: Lines, item: Ordered) -> Outcome:
    """Return how one command ended; a head that answers nothing ends at a limit of its own."""
    legs = 1 if item.facts.limits.is_empty else _LEGS  # round what is forbidden it takes several
    limit_s = legs * load().aiming.arrive_s + 3 * load().aiming.command_s
    try:
        async with asyncio.timeout(limit_s):
            return await carry_out(lines, item.reach, item.facts, item.plan)
    except (DeviceError, GridlinkError) as error:
        return error
    except TimeoutError:
        await lines.drop(item.reach.camera_id)
        return TimedOut("the head took too long")


def _settle(session: Session, item: Ordered, outcome: Outcome, user: Principal) -> AimedCamera:
    camera = session.get(Camera, item.facts.camera_id)
    if camera is None:  # taken down while its head turned
        return _refused(item.facts.camera_id, item.facts.name, NotFound(), user)
    if isinstance(outcome, DeviceError):
        store_failure(session, camera.id, outcome)
        outcome = failed(camera.name, outcome)
    if isinstance(outcome, GridlinkError):
        return _refused(camera.id, camera.name, outcome, user)
    plan = item.plan
    interrupt_tour(session, camera.id, datetime.now(UTC))
    store_arrival(
        session,
        camera,
        outcome,
        datetime.now(UTC),
        method=plan.method,
        error_deg=plan.error_deg,
    )
    return AimedCamera(
        camera_id=camera.id,
        name=camera.name,
        outcome="aimed",
        method=plan.method,
        expected_error_deg=None if plan.error_deg is None else round(plan.error_deg, 2),
        seconds=outcome.seconds,
        view=shape_of(outcome.view),
        zoomed_in=plan.zoomed_in,
    )


def _skipped(one: Candidate, user: Principal) -> AimedCamera:
    code = one.obstacle or ""
    return AimedCamera(
        camera_id=one.camera.id,
        name=one.camera.name,
        outcome="skipped",
        reason=code,
        reason_text=words(code, user.language),
    )


def _refused(camera_id: int, name: str, refusal: GridlinkError, user: Principal) -> AimedCamera:
    return AimedCamera(
        camera_id=camera_id,
        name=name,
        outcome="refused",
        reason=refusal.code,
        reason_text=refusal.sentence(user.language),
    )
