"""Reading evidence: what there is of an incident, and the files of one piece, each on record."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ..access import Principal
from ..audit.register import enter
from ..cameras.models import Purpose
from ..cameras.streams import PurposeMissing
from . import storing
from .manifest import instant
from .models import Evidence, EvidenceMark, EvidencePart
from .refusals import Damaged, EvidenceGone, NothingRead, NotKept
from .sealing import act_of

# A player asks for a file in pieces: one reading of an hour is one entry. Index:
# register_incident_idx.
_READ_LATELY = text(
    "SELECT 1 FROM register WHERE incident_id = :incident_id AND act = 'evidence.read'"
    " AND actor_id = :actor_id AND at > now() - interval '1 hour'"
    " AND detail ->> 'evidence' = :evidence AND detail ->> 'part' = :part LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that may be read now."""

    path: Path
    part: EvidencePart
    evidence: Evidence


def of_incident(session: Session, incident_id: int) -> list[tuple[Evidence, list[EvidencePart]]]:
    """Return the evidence of an incident with its parts, newest first."""
    wanted = select(Evidence).where(Evidence.incident_id == incident_id)
    rows = session.scalars(wanted.order_by(Evidence.id.desc())).all()
    return with_parts(session, rows)


def with_parts(
    session: Session, rows: Sequence[Evidence]
) -> list[tuple[Evidence, list[EvidencePart]]]:
    """Return each row with its parts in order."""
    parts: dict[int, list[EvidencePart]] = defaultdict(list)
    ids = [row.id for row in rows]
    wanted = select(EvidencePart).where(EvidencePart.evidence_id.in_(ids))
    for part in session.scalars(wanted.order_by(EvidencePart.evidence_id, EvidencePart.no)):
        parts[part.evidence_id].append(part)
    return [(row, parts[row.id]) for row in rows]


def marks_of(session: Session, incident_id: int) -> Sequence[EvidenceMark]:
    """Return the marks of an incident in the order of their instants."""
    wanted = select(EvidenceMark).where(EvidenceMark.incident_id == incident_id)
    return session.scalars(wanted.order_by(EvidenceMark.at, EvidenceMark.id)).all()


def open_part(
    session: Session, kept: Evidence, part_no: int, purpose: str, *, by: Principal, goes_on: bool
) -> Opened:
    """Return a file to be read, and enter the reading with its purpose.

    `goes_on`: a later piece of a file whose reading is on record already.

    Raises
    ------
    NotKept, EvidenceGone, NothingRead, Damaged, PurposeMissing
        If there is nothing to read, or no purpose for it.

    """
    require_kept(kept)
    require_purpose(session, purpose)
    part = session.get(EvidencePart, (kept.id, part_no))
    if part is None:
        raise NothingRead(field="part", part=part_no)
    asked = {
        "incident_id": kept.incident_id,
        "actor_id": by.id,
        "evidence": str(kept.id),
        "part": str(part_no),
    }
    if not (goes_on and session.execute(_READ_LATELY, asked).first()):
        act = act_of(kept, "evidence.read", (by.id, by.display_name), part=part_no)
        enter(session, replace(act, purpose=purpose))
    path = storing.folder_of(kept.id) / part.file
    if not path.exists():
        raise Damaged(file=part.file)
    return Opened(path, part, kept)


def require_kept(kept: Evidence) -> None:
    """Refuse what has no files.

    Raises
    ------
    NotKept, EvidenceGone
        Not sealed yet, or removed.

    """
    if kept.state == "deleted":
        raise EvidenceGone(deleted_at=instant(kept.deleted_at), reason=kept.delete_reason)
    if kept.state != "kept":
        raise NotKept(state=kept.state)


def require_purpose(session: Session, purpose: str) -> None:
    """Refuse a purpose that is not on the list."""
    if session.get(Purpose, purpose) is None:
        raise PurposeMissing(field="purpose", purpose=purpose)


def require_whole(kept: Evidence, parts: Sequence[EvidencePart]) -> None:
    """Refuse files that are not what was sealed.

    Raises
    ------
    Damaged
        If one is missing or altered.

    """
    for part in parts:
        path = storing.folder_of(kept.id) / part.file
        if not path.exists() or storing.sha256_of(path) != part.sha256:
            raise Damaged(file=part.file)
