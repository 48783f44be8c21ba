"""A head driven by hand: to a direction, to a point of its picture, by speeds for a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from gis.aim import Views, dragged
from gis.aim import views as views_from
from video.ptz import LONGEST_DRIVE_S, PtzHead

from ...access import Principal
from ...db import begin
from .guarding import watch_over
from .lines import lines
from .models import HeadPosition
from .moving import Arrival, halt_tour
from .planning import plan_view, require_free, shape_of, view_at
from .refusals import DirectionUnknown
from .schemas import Drive, InPicture, MoveAnswer, MoveOrder
from .steering import (
    Detail,
    Place,
    Steered,
    commanded_on,
    hold,
    keep,
    place_now,
    steered_of,
    turn,
    view_now,
)

#: A drive sent again within this goes on: it is one act of the register.
_GOES_ON_S = 3.0
#: What a head might turn within a poll at full speed, before it was seen to move.
_FIRST_STEP_DEG = 12.0


def move(user: Principal, camera_id: int, order: MoveOrder) -> MoveAnswer:
    """Move a head the one way the order names.

    Raises
    ------
    NotFound, NoHead, HeadFailed, Held
        No such camera or head, the device failed, or somebody else holds it.
    IntoForbidden, IntoMask, DirectionUnknown, OutOfReach, NoWay
        The picture would reach where it must not, or the head cannot get there.

    """
    steered = steered_of(user, camera_id)
    if order.drive is not None:
        return _drive(user, steered, order, order.drive)
    if order.direction is not None:
        now = view_now(steered)
        field = order.direction.fov_deg or (
            float(now.fov_deg[0]) if now is not None else steered.facts.lens.widest_deg
        )
        wanted = views_from(order.direction.azimuth_deg, order.direction.tilt_deg, field)
        return turn(user, steered, order, plan_view(steered.facts, wanted))
    return _drag(user, steered, order, order.picture or InPicture())


def _drag(user: Principal, steered: Steered, order: MoveOrder, drag: InPicture) -> MoveAnswer:
    """Centre a point of the picture; where no directions are known, by a relative move."""
    now = view_now(steered)
    if now is not None:
        wanted = dragged(now, drag.dx, drag.dy, zoom=drag.zoom)
        lens = steered.facts.lens
        field = min(max(float(wanted.fov_deg[0]), lens.narrowest_deg), lens.widest_deg)
        return turn(user, steered, order, plan_view(steered.facts, wanted.with_field(field)))
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
        hold(session, user, steered.facts.camera_id, order, ("ptz.moved", detail))

    async def move_by(head: PtzHead) -> None:
        await halt_tour(head, steered.facts)
        await head.move_by(*step)

    commanded_on(user, steered, move_by)
    keep(user, steered.facts.camera_id, Arrival(None, None, None), "relative")
    return MoveAnswer(view=None)


def _drive(user: Principal, steered: Steered, order: MoveOrder, drive: Drive) -> MoveAnswer:
    """Drive by speeds until the dead man's time; near what is forbidden under guard."""
    facts = steered.facts
    place: Place | None = None
    if not facts.limits.is_empty:
        place = place_now(steered)
        seen = view_at(facts, place)
        require_free(facts, seen)
        require_free(facts, _first_step(seen, drive) if seen is not None else None)
    now = datetime.now(UTC)
    with begin(user.scope) as session:
        detail: Detail = drive.model_dump()
        goes_on = _drives_since(session, facts.camera_id, now)
        hold(session, user, facts.camera_id, order, None if goes_on else ("ptz.driven", detail))

    async def move_on(head: PtzHead) -> None:
        await halt_tour(head, facts)
        await head.move_on(drive.pan, drive.tilt, drive.zoom, for_s=LONGEST_DRIVE_S)

    commanded_on(user, steered, move_on)
    if not facts.limits.is_empty:
        lines().run(watch_over(lines(), steered.reach, facts))
    seen = view_at(facts, place)
    keep(user, facts.camera_id, Arrival(None, None, None), "drive")
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
