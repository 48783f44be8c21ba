"""Health as the console lists it: every camera with its condition and evidence, worst first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from ...errors import NotFound
from ...settings import load
from .clocks import clock_word
from .field import field_of
from .schemas import (
    Condition,
    Finding,
    HealthPage,
    HealthRow,
    HealthSheet,
    PlaceClass,
    ReferenceShape,
    TurnShape,
)
from .streaks import STAYS

_FAULTS = frozenset({"moved", "covered", "black", "frozen", "blurred"})
_ALL = 10_000_000
_REFERENCES = text(
    "SELECT light, looks, made_at FROM camera_references WHERE camera_id = :id ORDER BY light"
)
# Index: camera_turns_camera_idx and camera_checks_pkey.
_HISTORY = text(
    "SELECT * FROM ("
    " (SELECT t.at, t.what, t.before, t.after, u.display_name AS by, t.evidence"
    "  FROM camera_turns t LEFT JOIN users u ON u.id = t.user_id"
    "  WHERE t.camera_id = :id ORDER BY t.at DESC LIMIT :n)"
    " UNION ALL"
    " (SELECT k.at, 'frames', NULL, CASE WHEN k.has_frames THEN 'alive'"
    "    ELSE coalesce(k.reason, 'dead') END, NULL, '{}'::jsonb"
    "  FROM camera_checks k WHERE k.camera_id = :id ORDER BY k.at DESC LIMIT :n)"
    ") h ORDER BY at DESC LIMIT :n"
)
_COUNTS = text(
    "SELECT condition, count(*) AS n,"
    " count(*) FILTER (WHERE abs(clock_offset_s) > :clock_limit_s) AS off FROM ("
    "  SELECT h.clock_offset_s, CASE WHEN c.is_alive IS FALSE THEN 'dead'"
    "    WHEN c.view_fault IS NOT NULL AND h.withdrawn IS NULL"
    "      THEN CASE c.view_fault WHEN 'moved' THEN 'moved' ELSE 'covered' END"
    "    WHEN h.sampled_at IS NULL THEN 'untried' ELSE h.state END AS condition"
    "  FROM cameras c LEFT JOIN camera_health h ON h.camera_id = c.id"
    "  WHERE c.division_code BETWEEN :low AND :high) stood GROUP BY condition"
)


@dataclass(frozen=True, slots=True)
class Listing:
    """Which cameras are shown, of which divisions."""

    span: tuple[int, int]
    q: str = ""
    conditions: Sequence[Condition] = ()
    place_class: PlaceClass | None = None
    only_clock: bool = False
    offset: int = 0
    limit: int = 200


def page(session: Session, listing: Listing) -> HealthPage:
    """Return a page of cameras, worst first, and how many are in which condition."""
    rows = _rows(session, listing)
    bounds = {"low": listing.span[0], "high": listing.span[1]}
    limit_s = load().health.clock_limit_s
    counted = session.execute(_COUNTS, bounds | {"clock_limit_s": limit_s}).all()
    return HealthPage(
        rows=[HealthRow(**_shown(row)) for row in rows],
        total=rows[0].total if rows else 0,
        counts={row.condition: row.n for row in counted},
        clocks_off=sum(row.off for row in counted),
    )


def sheet(
    session: Session, camera_id: int, span: tuple[int, int], *, turns: int = 50
) -> HealthSheet:
    """Return all that is held of one camera's health, with its history.

    Raises
    ------
    NotFound
        If there is no such camera in the jurisdiction.

    """
    rows = _rows(session, Listing(span, limit=1), camera_id)
    if not rows:
        raise NotFound()
    row = rows[0]
    history = session.execute(_HISTORY, {"id": camera_id, "n": turns})
    return HealthSheet(
        **_shown(row),
        verdicts={name: _finding(told) for name, told in (row.verdicts or {}).items()},
        references=[
            ReferenceShape(light=r.light, looks=r.looks, made_at=r.made_at)
            for r in session.execute(_REFERENCES, {"id": camera_id})
        ],
        history=[_turn(turn) for turn in history],
        due_at=row.due_at,
        clock_at=row.clock_at,
        fov_deg=field_of(session, camera_id)[0],
    )


def _rows(session: Session, listing: Listing, camera_id: int | None = None) -> Sequence[Any]:
    part = listing.q.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    asked = {
        "low": listing.span[0],
        "high": listing.span[1],
        "id": camera_id,
        "like": f"%{part}%" if part else None,
        "prefix": f"{part}%",
        "conditions": list(listing.conditions) or None,
        "place_class": listing.place_class,
        "only_clock": listing.only_clock,
        "clock_limit_s": load().health.clock_limit_s,
        "offset": listing.offset,
        "limit": listing.limit,
    }
    return session.execute(question(), asked).all()


@cache
def question() -> TextClause:
    """Return the statement of `camera_health.sql`."""
    return text((files("backend") / "queries" / "camera_health.sql").read_text("utf-8"))


def _shown(row: Any) -> dict[str, Any]:
    verdicts: Mapping[str, Any] = row.verdicts or {}
    asked = (
        row.condition if row.condition in _FAULTS else "unread" if "unread" in verdicts else "moved"
    )
    told = verdicts.get(asked)
    return {
        "id": row.id,
        "name": row.name,
        "code": row.code,
        "address": row.address,
        "lon": row.lon,
        "lat": row.lat,
        "has_ptz": row.has_ptz,
        "is_enrolled": row.is_enrolled,
        "place_class": row.place_class,
        "condition": row.condition,
        "since": row.since,
        "reason": row.status_reason if row.condition == "dead" else None,
        "suspected": row.suspected,
        "is_withdrawn": row.view_fault is not None,
        "awaits_word": row.state in STAYS,
        "question": asked if told else None,
        "evidence": _finding(told) if told else None,
        "sampled_at": row.sampled_at,
        "last_frame_at": row.last_frame_at,
        "clock_offset_s": row.clock_offset_s,
        "clock_is_off": clock_word(row.clock_offset_s) == "off",
        "firmware": row.firmware,
    }


def _finding(told: Mapping[str, Any]) -> Finding:
    return Finding(
        answer=told["answer"], reason=told.get("reason"), figures=told.get("figures") or {}
    )


def _turn(turn: Any) -> TurnShape:
    # The figures that made the turn: those of the state entered, or left by a person's word.
    asked = turn.after if turn.what == "view" else turn.before
    told = turn.evidence.get(asked) if isinstance(asked, str) else None
    figures = told.get("figures", {}) if isinstance(told, dict) else {}
    if turn.what == "clock":
        figures = {"offset_s": turn.evidence.get("offset_s")}
    after = turn.evidence.get("what") if turn.what == "confirmed" else turn.after
    return TurnShape(
        at=turn.at, what=turn.what, before=turn.before, after=after, by=turn.by, figures=figures
    )
