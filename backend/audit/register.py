"""Entering acts into the register, and proving that none was changed or removed.

Each row's hash covers the row and the hash before it; the head row keeps the last one. Whoever
owns the database could rewrite the whole chain, so a head noted elsewhere (`gridlink audit head`)
is the only proof against that.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from .models import RegisterEntry, RegisterHead

_FIRST = bytes(32)
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Act:
    """What must be answered for. `detail` holds plain JSON values and no secrets."""

    act: str
    actor_id: int | None
    actor_name: str
    purpose: str | None = None
    camera_id: int | None = None
    camera_name: str | None = None
    incident_id: int | None = None
    division_code: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's end."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a verification; `first_bad` is the first row that cannot be trusted."""

    ok: bool
    count: int
    first_bad: int | None = None
    reason: str | None = None


def enter(session: Session, act: Act) -> int:
    """Append `act` to the chain in the caller's transaction and return its number.

    Other writers wait until this transaction ends: enter late in it.
    """
    seq, before, now = session.execute(
        select(RegisterHead.seq, RegisterHead.hash, func.clock_timestamp())
        .where(RegisterHead.id == 1)
        .with_for_update()
    ).one()
    row = {
        "seq": seq + 1,
        "at": now,
        "actor_id": act.actor_id,
        "actor_name": _plain(act.actor_name),
        "act": act.act,
        "purpose": act.purpose,
        "camera_id": act.camera_id,
        "camera_name": _plain(act.camera_name),
        "incident_id": act.incident_id,
        "division_code": act.division_code,
        "detail": _plain(dict(act.detail)),
    }
    row_hash = chained_hash(before, row)
    # The insertion moves the head: a trigger does it, and refuses a row that is not the next link.
    session.execute(insert(RegisterEntry).values(**row, previous_hash=before, hash=row_hash))
    return int(seq) + 1


def chained_hash(before: bytes, row: Mapping[str, Any]) -> bytes:
    """Return SHA-256 of the hash before and the row as canonical JSON (keys sorted, UTC in µs)."""
    return hashlib.sha256(before + canonical_text(row).encode()).digest()


def canonical_text(row: Mapping[str, Any]) -> str:
    """Return what a row's hash covers; an extract shows it, so that anybody can compute it anew."""
    at: datetime = row["at"]
    exact = {name: row[name] for name in _HASHED}
    exact["at"] = at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(exact, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_of(entry: RegisterEntry) -> dict[str, Any]:
    """Return the columns of an entry that its hash covers."""
    return {name: getattr(entry, name) for name in _HASHED}


def verify(session: Session, *, anchors: Iterable[Head] = ()) -> Verdict:
    """Walk the whole chain; `anchors` are heads noted outside the database at earlier times.

    Start it in a fresh transaction of the system: a jurisdiction would hide links of the chain.
    """
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    before, count = _FIRST, 0
    noted = {anchor.seq: anchor.hash for anchor in anchors if anchor.seq}
    for row in session.execute(_ROWS.execution_options(yield_per=_BATCH)).mappings():
        content = {name: row[name] for name in _HASHED}
        fault = _fault_of(dict(row), content, before, count + 1)
        if fault is not None:
            return Verdict(False, count, min(count + 1, row["seq"]), fault)
        before, count = row["hash"], count + 1
        if noted.pop(count, before) != before:
            return Verdict(False, count, count, "the chain does not hold the head noted outside")
    end = head(session)
    if (end.seq, end.hash) != (count, before if count else _FIRST):
        return Verdict(
            False, count, count + 1, "rows at the end are missing, or the head is forged"
        )
    if noted:
        reason = "the chain ends before the head noted outside: its tail was cut off"
        return Verdict(False, count, count + 1, reason)
    return Verdict(True, count)


def head(session: Session) -> Head:
    """Return the chain's end, to be noted outside the database."""
    seq, row_hash = session.execute(
        select(RegisterHead.seq, RegisterHead.hash).where(RegisterHead.id == 1)
    ).one()
    return Head(seq, row_hash)


_HASHED = tuple(
    column.name
    for column in RegisterEntry.__table__.columns
    if column.name not in ("previous_hash", "hash")
)
_ROWS = select(RegisterEntry.__table__).order_by(RegisterEntry.seq)


def _fault_of(
    row: Mapping[str, Any], content: Mapping[str, Any], before: bytes, expected_seq: int
) -> str | None:
    if row["seq"] != expected_seq:
        return "a row is missing or out of order"
    if row["previous_hash"] != before:
        return "the link to the row before is broken"
    if row["hash"] != chained_hash(before, content):
        return "the content does not match its hash"
    return None


def _plain(value: Any) -> Any:
    """Return `value` as jsonb gives it back: else the hash of an honest row would not match."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        short = round(value, 6)
        return int(short) if short.is_integer() else short
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    return value if value is None or isinstance(value, bool | int) else str(value)
