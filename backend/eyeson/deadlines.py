"""By when a subject has to be seen again: rules as data, the narrowest of them holds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, delete, select, text
from sqlalchemy.orm import Session

from ..access import Principal
from ..audit.register import Act, enter
from ..divisions.codes import span, text_of
from ..divisions.extent import extent_of
from ..errors import NotFound
from ..jobs import defer
from .models import EyesonDeadline
from .schemas import DeadlineOrder, DeadlinePage, DeadlineRow
from .subjects import Subjects

Floats = NDArray[np.float64]

_SUBJECT = {
    "grid": text(
        "SELECT division_code FROM grids WHERE id = :id AND valid_to IS NULL"
        " AND division_code BETWEEN :low AND :high"
    ),
    "place": text(
        "SELECT division_code FROM places WHERE id = :id AND is_key"
        " AND division_code BETWEEN :low AND :high"
    ),
}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Along subjects: seconds until yellow (NaN: none), share of it until blue, times it to red."""

    deadline_s: Floats
    due_share: Floats
    red_factor: Floats


def effective(session: Session, subjects: Subjects) -> Deadlines:
    """Return what holds for each subject.

    A rule for the subject itself goes before one for its kind, that before one for all; of equal
    ones that of the smaller division.
    """
    rules = session.scalars(select(EyesonDeadline)).all()
    found = np.full((3, len(subjects)), np.nan)
    kinds = np.array(subjects.subject_kind, dtype=np.str_)
    for rule in sorted(rules, key=_rank):
        low, high = span(rule.division_code)
        holds = (
            (kinds == rule.subject_kind)
            & (subjects.division_code >= low)
            & (subjects.division_code <= high)
        )
        if rule.kind is not None:
            holds &= np.array(subjects.kind, dtype=np.str_) == rule.kind
        if rule.subject_id is not None:
            holds &= subjects.ids == rule.subject_id
        terms = (rule.deadline_s, rule.due_share, rule.red_factor)
        found[:, holds] = np.array(terms, dtype=np.float64)[:, None]
    return Deadlines(*found)


def _rank(rule: EyesonDeadline) -> tuple[int, int, int]:
    """Widest rule first: later ones take its place."""
    low, high = span(rule.division_code)
    return (2 if rule.subject_id is not None else 1 if rule.kind else 0, low - high, rule.id)


def listed(session: Session) -> DeadlinePage:
    """Return the rules of the caller's jurisdiction; those of divisions above hold besides."""
    ordered = select(EyesonDeadline).order_by(
        EyesonDeadline.subject_kind, EyesonDeadline.division_code, EyesonDeadline.id
    )
    rows = [_row(rule) for rule in session.scalars(ordered)]
    return DeadlinePage(rows=rows, total=len(rows))


def put(session: Session, order: DeadlineOrder, *, by: Principal) -> DeadlinePage:
    """Set a rule, or take it back by a deadline of null; clocks follow by a job.

    Raises
    ------
    NotFound
        If the division or subject is absent, or outside the jurisdiction.

    """
    code = _division_of(session, order, by)
    session.execute(delete(EyesonDeadline).where(*_same(order, code)))
    if order.deadline_s is not None:
        session.add(
            EyesonDeadline(
                subject_kind=order.subject_kind,
                kind=order.kind,
                subject_id=order.subject_id,
                division_code=code,
                deadline_s=order.deadline_s,
                due_share=order.due_share,
                red_factor=order.red_factor,
            )
        )
    detail = order.model_dump() | {"division": text_of(code)}
    enter(
        session,
        Act("eyeson.deadline", by.id, by.username, division_code=code, detail=detail),
    )
    defer(session, "eyeson.tick", key="eyeson.tick")
    session.flush()
    return listed(session)


def _division_of(session: Session, order: DeadlineOrder, by: Principal) -> int:
    """Return the division a rule stands in: that of its subject, or the one named."""
    if order.subject_id is None:
        return extent_of(session, by, order.division).code
    asked = {"id": order.subject_id, "low": by.scope.low, "high": by.scope.high}
    code: int | None = session.scalar(_SUBJECT[order.subject_kind], asked)
    if code is None:
        raise NotFound()
    return code


def _same(order: DeadlineOrder, code: int) -> Sequence[ColumnElement[bool]]:
    return (
        EyesonDeadline.subject_kind == order.subject_kind,
        EyesonDeadline.kind.is_not_distinct_from(order.kind),
        EyesonDeadline.subject_id.is_not_distinct_from(order.subject_id),
        EyesonDeadline.division_code == code,
    )


def _row(rule: EyesonDeadline) -> DeadlineRow:
    own = {name: getattr(rule, name) for name in DeadlineRow.model_fields}
    return DeadlineRow(**own | {"division_code": text_of(rule.division_code)})
