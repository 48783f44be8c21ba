"""How quickly units answer and arrive: by township and shift, over a period."""

from datetime import datetime

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from ..questions import question


def by_township_and_shift(
    session: Session, span: tuple[int, int], since: datetime, until: datetime
) -> list[RowMapping]:
    """Return counts of the assignments offered from `since` to before `until`.

    The shift is the plan that the unit was on duty by; "" where duty was begun by hand.
    """
    asked = {"low": span[0], "high": span[1], "since": since, "until": until}
    return list(session.execute(question("stats"), asked).mappings())
