"""Clocks past their deadline as alerts: one a subject, its colour following the clock."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from sqlalchemy.orm import Session

from ..patrol.alerts import Cause, Settled, settle
from ..settings import load
from .clocks import COLOURS, Clocks
from .deadlines import Deadlines
from .subjects import Subjects

RULE = "eyeson.unseen"


def settle_overdue(
    session: Session, all_of: Subjects, clocks: Clocks, due: Deadlines, now: datetime
) -> Settled:
    """Make the alerts agree with the clocks: from the colour of `eyeson.alert_from` on."""
    least = COLOURS.index(load().eyeson.alert_from)
    rows = np.flatnonzero(clocks.colour >= least).tolist()
    return settle(session, "eyeson", list(_causes(all_of, clocks, due, rows)), now)


def _causes(all_of: Subjects, clocks: Clocks, due: Deadlines, rows: list[int]) -> Iterator[Cause]:
    for n in rows:
        seen_s = float(clocks.seen_s[n])
        is_never = bool(np.isnan(seen_s))
        since = datetime.fromtimestamp(float(clocks.watched_s[n]) if is_never else seen_s, UTC)
        yield Cause(
            subject_kind=all_of.subject_kind[n],
            subject_id=int(all_of.ids[n]),
            division_code=int(all_of.division_code[n]),
            severity=COLOURS[int(clocks.colour[n])],
            rule=RULE,
            # Instants, no ages: an open alert is not written anew because time passes.
            detail={
                "unseen_since": since.isoformat(),
                "is_at_least": is_never,
                "deadline_s": int(due.deadline_s[n]),
            },
        )
