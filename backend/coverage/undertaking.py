"""Work that was asked for and is done by a job: begun, told of, called off, or failed.

Sitings and reports alike. Each step is a short transaction of the job's edge, so progress is seen
while the work goes on and what was called off stops at the next step.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import begin
from ..errors import GridlinkError, Language
from ..live import Notice, announce
from .reports.models import Report
from .sitings.models import Siting

OPEN = ("waiting", "running")
_PER_MILLE = 1000

Undertaking = TypeVar("Undertaking", Siting, Report)

log = logging.getLogger(__name__)


class CalledOff(Exception):
    """The work was called off while it was being done."""


def carry_out(kind: type[Undertaking], number: int, work: Callable[[int], None]) -> None:
    """Do the work of one job; a fault is kept with it, an unexpected one is raised as well."""
    try:
        work(number)
    except CalledOff:
        noun = _noun(kind)
        log.info("%s %d called off", noun, number, extra={"action": f"{noun}.cancelled"})
    except GridlinkError as fault:
        _fail(kind, number, fault)
    except Exception:
        _fail(kind, number, GridlinkError())
        raise


def held(session: Session, kind: type[Undertaking], number: int) -> Undertaking:
    """Return an undertaking that is still open, locked until the transaction ends.

    Raises
    ------
    CalledOff
        If it has ended, or is gone.

    """
    row = session.scalar(select(kind).where(kind.id == number).with_for_update())
    if row is None or row.state not in OPEN:
        raise CalledOff
    return row


def call_off(session: Session, row: Undertaking) -> bool:
    """Call an undertaking off and return True; one that has ended stays as it is."""
    session.refresh(row, with_for_update=True)
    if row.state not in OPEN:
        return False
    row.state, row.finished_at = "cancelled", datetime.now(UTC)
    tell(session, row)
    return True


def tell(session: Session, row: Undertaking) -> None:
    """Write an undertaking, and tell consoles how far it is."""
    session.flush()
    version = round(row.progress * _PER_MILLE)
    announce(session, Notice(_noun(type(row)), row.id, version, row.division_code))


def _fail(kind: type[Undertaking], number: int, fault: GridlinkError) -> None:
    with begin() as session:
        try:
            row = held(session, kind, number)
        except CalledOff:
            return
        language: Language = "en" if row.language == "en" else "zh"
        row.state, row.fault = "failed", fault.sentence(language)
        row.finished_at = datetime.now(UTC)
        tell(session, row)


def _noun(kind: type[Siting] | type[Report]) -> str:
    return kind.__name__.lower()
