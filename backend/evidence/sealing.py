"""Sealing: files become evidence. Manifest, signature, register and time line in one transaction.

The manifest holds the register's head of that moment, and the entry made with it holds the
manifest's hash: neither can be altered later without the other telling.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..audit.register import Act, enter, head
from ..cameras.models import Camera
from ..incidents.models import Incident, IncidentEntry
from ..live import Notice, announce
from ..spatial import lonlat
from . import keys, storing
from .manifest import Part, Surroundings, compose, digest, instant
from .models import Evidence, EvidenceMark, EvidencePart
from .sketch import Place, draw

log = logging.getLogger(__name__)

MANIFEST, SIGNATURE, SKETCH = "manifest.json", "manifest.sig", "sketch.svg"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a piece of evidence: its files, and how it ended."""

    parts: Sequence[Part]
    end_reason: str
    gaps: Sequence[dict[str, Any]] = field(default=())


def seal(session: Session, evidence: Evidence, outcome: Outcome, *, now: datetime) -> None:
    """Seal a piece of evidence whose files lie in its folder; the row is locked by the caller."""
    _note_outcome(evidence, outcome)
    incident = session.get_one(Incident, evidence.incident_id)
    camera = session.get(Camera, evidence.camera_id)
    around = _surroundings(session, evidence, incident, camera)
    text = compose(evidence, outcome.parts, around, now)
    signed = keys.sign(session, text.encode())
    session.add_all(_rows(evidence.id, outcome.parts))
    session.add(_entry(evidence))
    _leave_in_folder(storing.folder_of(evidence.id), text, signed.signature)
    told(session, evidence)
    announce(session, Notice("incident", incident.id, incident.version, incident.division_code))
    seq = enter(session, _act(evidence, outcome, digest(text).hex(), signed.key_id))
    # Together and last: a row that is sealed in part is refused by the database.
    evidence.state, evidence.sealed_at, evidence.register_seq = "kept", now, seq
    evidence.manifest, evidence.manifest_sha256 = text, digest(text)
    evidence.signature, evidence.key_id = signed.signature, signed.key_id
    session.flush()


def fail(session: Session, evidence: Evidence, reason: str) -> None:
    """End a piece of evidence of which nothing came: no picture arrived, or the disk was full."""
    evidence.state, evidence.end_reason = "failed", reason
    evidence.version += 1
    announce(session, _notice(evidence))
    enter(session, act_of(evidence, "evidence.failed", None, end_reason=reason))


def act_of(evidence: Evidence, act: str, actor: tuple[int, str] | None, **detail: Any) -> Act:
    """Return an entry of the register about a piece of evidence; no actor: the system's own."""
    actor_id, name = actor or (None, "system")
    return Act(
        act,
        actor_id,
        name,
        purpose=evidence.purpose,
        camera_id=evidence.camera_id,
        camera_name=evidence.camera_name,
        incident_id=evidence.incident_id,
        division_code=evidence.division_code,
        detail={"evidence": evidence.id, "kind": evidence.kind, **detail},
    )


def told(session: Session, evidence: Evidence) -> None:
    """Tell consoles that a piece of evidence changed."""
    evidence.version += 1
    announce(session, _notice(evidence))


def _notice(evidence: Evidence) -> Notice:
    return Notice("evidence", evidence.id, evidence.version, evidence.division_code)


def _note_outcome(evidence: Evidence, outcome: Outcome) -> None:
    parts = outcome.parts
    evidence.first_at = min(part.first_at for part in parts)
    evidence.last_at = max(part.last_at for part in parts)
    evidence.duration_s = round(sum(part.duration_s for part in parts), 3)
    evidence.size_bytes = sum(part.size_bytes for part in parts)
    evidence.gaps = list(outcome.gaps)
    evidence.end_reason = outcome.end_reason


def _surroundings(
    session: Session, evidence: Evidence, incident: Incident, camera: Camera | None
) -> Surroundings:
    lon, lat = lonlat(incident.geom)
    sketch = _sketch(session, evidence, camera, Place(lon, lat, incident.number))
    original = session.get(Evidence, evidence.original_id) if evidence.original_id else None
    return Surroundings(
        incident={
            "id": incident.id,
            "number": incident.number,
            "kind": incident.kind,
            "lon": round(lon, 7),
            "lat": round(lat, 7),
            "reported_at": instant(incident.reported_at),
        },
        camera=_camera(evidence, camera),
        marks=_marks(session, evidence),
        sketch_sha256=sketch,
        head=head(session),
        key_id=keys.present(session),
        original=None
        if original is None or original.manifest_sha256 is None
        else {"id": original.id, "manifest_sha256": original.manifest_sha256.hex()},
    )


def _camera(evidence: Evidence, camera: Camera | None) -> dict[str, Any]:
    told: dict[str, Any] = {"id": evidence.camera_id, "name": evidence.camera_name}
    if camera is not None:
        lon, lat = lonlat(camera.geom)
        told |= {"code": camera.code, "lon": round(lon, 7), "lat": round(lat, 7)}
    return told


def _marks(session: Session, evidence: Evidence) -> list[dict[str, Any]]:
    """Return the marks set within what the evidence shows, of its camera or of none."""
    inside = EvidenceMark.at.between(evidence.first_at, evidence.last_at)
    wanted = select(EvidenceMark).where(EvidenceMark.incident_id == evidence.incident_id, inside)
    return [
        {"at": instant(mark.at), "text": mark.text, "by": mark.made_by_name}
        for mark in session.scalars(wanted.order_by(EvidenceMark.at))
        if mark.camera_id in (None, evidence.camera_id)
    ]


def _sketch(
    session: Session, evidence: Evidence, camera: Camera | None, incident: Place
) -> str | None:
    """Draw the view as it stood now, and return the drawing's hash; None without a camera."""
    if camera is None:
        return None
    lon, lat = lonlat(camera.geom)
    drawing = draw(session, camera.id, Place(lon, lat, camera.name), incident)
    _leave(storing.folder_of(evidence.id) / SKETCH, drawing.encode())
    return hashlib.sha256(drawing.encode()).hexdigest()


def _rows(evidence_id: int, parts: Sequence[Part]) -> list[EvidencePart]:
    own = ("duration_s", "notes", "sha256")
    return [
        EvidencePart(
            evidence_id=evidence_id,
            no=no,
            sha256=bytes.fromhex(part.sha256),
            **{name: value for name, value in asdict(part).items() if name not in own},
        )
        for no, part in enumerate(parts)
    ]


def _entry(evidence: Evidence) -> IncidentEntry:
    return IncidentEntry(
        incident_id=evidence.incident_id,
        actor_id=evidence.made_by,
        actor_name=evidence.made_by_name,
        act=f"evidence_{evidence.kind}",
        text=f"#{evidence.id} {evidence.camera_name}",
    )


def _act(evidence: Evidence, outcome: Outcome, manifest: str, key_id: str) -> Act:
    return act_of(
        evidence,
        "evidence.sealed",
        (evidence.made_by, evidence.made_by_name),
        manifest_sha256=manifest,
        key=key_id,
        ended=outcome.end_reason,
        gaps=len(outcome.gaps),
        files={part.file: part.sha256 for part in outcome.parts},
    )


def _leave_in_folder(folder: Path, text: str, signature: bytes) -> None:
    """Put manifest and signature beside the files."""
    _leave(folder / MANIFEST, text.encode())
    _leave(folder / SIGNATURE, signature.hex().encode())


def _leave(path: Path, content: bytes) -> None:
    """Write a file beside the evidence; a full disk must not keep what was recorded unsealed."""
    try:
        path.unlink(missing_ok=True)  # of a seal that was rolled back
        storing.write_whole(path, content)
    except OSError as error:
        log.error("not left: %s", error, extra={"action": "evidence.disk"})


def tidy(evidence_id: int) -> None:
    """Remove what is no part of the evidence, once its sealing is committed."""
    for journal in storing.folder_of(evidence_id).glob("*.journal"):
        journal.unlink()
