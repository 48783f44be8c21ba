"""Duty follows a grid that gets another code: it ends under the old one and goes on under the new.

Redrawn and moved outlines keep their code and need nothing.
"""

from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from .models import GridDuty


def follow_code(session: Session, set_name: str, old: str, new: str, *, on: date) -> int:
    """Carry the duty of a grid from its old to its new code on a day; return how many periods.

    What ended before that day stays under the old code: it was served there.
    """
    lasting = session.scalars(
        select(GridDuty)
        .where(
            and_(GridDuty.set_name == set_name, GridDuty.grid_code == old),
            or_(GridDuty.ends_on.is_(None), GridDuty.ends_on > on),
        )
        .with_for_update()
    ).all()
    for duty in lasting:
        duty.version += 1
        if duty.starts_on >= on:
            duty.grid_code = new
            continue
        session.add(_continued(duty, new, on))
        duty.ends_on = on
    session.flush()
    return len(lasting)


def _continued(duty: GridDuty, code: str, on: date) -> GridDuty:
    same = ("set_name", "division_code", "user_id", "role", "ends_on", "entered_by")
    kept = {name: getattr(duty, name) for name in same}
    return GridDuty(**kept, grid_code=code, starts_on=on)
