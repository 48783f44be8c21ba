"""公开件: a copy with areas covered that a person drew; sealed by itself, naming its original.

The copy is made by a job in a child process, because it decodes what a camera sent.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..access import Principal
from ..audit.register import enter
from ..db import begin
from ..incidents.models import Incident
from ..jobs import defer
from . import asking, listing, storing
from .manifest import Part
from .models import Evidence, EvidencePart
from .refusals import ClipNeeded, MasksMissing
from .sealing import Outcome, act_of, fail, seal, told

FAILED = "masking_failed"
# Decoding, covering and encoding take about the clip's own length on one core.
_LEAST_TIME_S, _TIME_PER_S = 60.0, 6.0
_LARGER = 4
_LEAST_BYTES = 64 * 1024 * 1024
_ROOT = Path(__file__).resolve().parents[2]
_START = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from video.masking import main; main()"


@dataclass(frozen=True, slots=True)
class _Work:
    """What a job needs after its transaction has ended."""

    evidence_id: int
    original_id: int
    masks: Sequence[dict[str, Any]]
    parts: Sequence[EvidencePart]


def ask(
    session: Session,
    original: Evidence,
    masks: Sequence[dict[str, Any]],
    purpose: str,
    *,
    by: Principal,
) -> Evidence:
    """Ask for a copy for publication.

    Raises
    ------
    ClipNeeded, MasksMissing, NotKept, EvidenceGone, Damaged, DiskFull, PurposeMissing
        If none can be made.

    """
    if original.kind == "publication":
        raise ClipNeeded()
    if not masks:
        raise MasksMissing(field="masks")
    listing.require_kept(original)
    storing.require_room(session)
    incident = session.get_one(Incident, original.incident_id)
    camera = original.camera_id, original.camera_name
    made = asking.new(session, "publication", incident, camera, purpose=purpose, by=by, of=original)
    made.masks = list(masks)
    session.flush()
    told(session, made)
    defer(session, "evidence.publish", key=f"evidence.publish.{made.id}", evidence_id=made.id)
    asked = act_of(made, "evidence.publication_asked", (by.id, by.display_name))
    enter(session, asked)
    return made


def publish(evidence_id: int) -> None:
    """Make and seal the copy; done twice it is made once."""
    with begin() as session:
        work = _work(session, evidence_id)
    if work is None:
        return
    storing.make_folder(evidence_id)
    parts = [_masked(work, part) for part in work.parts]
    with begin() as session:
        made = _locked(session, evidence_id)
        if made.state != "waiting":
            return
        if any(part is None for part in parts):
            fail(session, made, FAILED)
            return
        outcome = Outcome([part for part in parts if part is not None], "complete")
        seal(session, made, outcome, now=datetime.now(UTC))


def _work(session: Session, evidence_id: int) -> _Work | None:
    """Return what is to be done, None when it is done or can no longer be."""
    made = _locked(session, evidence_id)
    if made.state != "waiting" or made.original_id is None:
        return None
    original = session.get_one(Evidence, made.original_id)
    if original.state != "kept":
        fail(session, made, "original_gone")
        return None
    [(_, parts)] = listing.with_parts(session, [original])
    return _Work(made.id, original.id, made.masks, parts)


def _locked(session: Session, evidence_id: int) -> Evidence:
    wanted = select(Evidence).where(Evidence.id == evidence_id).with_for_update()
    return session.scalars(wanted).one()


def _masked(work: _Work, part: EvidencePart) -> Part | None:
    """Return the copy of one file, None where it could not be made."""
    source = storing.folder_of(work.original_id) / part.file
    target = storing.folder_of(work.evidence_id) / part.file.replace("clip", "public")
    masks = [mask for mask in work.masks if mask.get("part") in (None, part.no)]
    length_s = (part.last_at - part.first_at).total_seconds()
    facts = _ask_child(
        {
            "source": str(source),
            "target": str(target),
            "masks": masks,
            "most_bytes": max(_LEAST_BYTES, part.size_bytes * _LARGER),
        },
        _LEAST_TIME_S + _TIME_PER_S * length_s,
    )
    if "refused" in facts or not target.exists():
        return None
    return Part(
        file=target.name,
        media_type=part.media_type,
        sha256=storing.sha256_of(target).hex(),
        size_bytes=target.stat().st_size,
        first_at=part.first_at,
        last_at=part.last_at,
        duration_s=round(length_s, 3),
        codec=facts["codec"],
        width_px=facts["width"],
        height_px=facts["height"],
        frames=facts["frames"],
        notes={"sound": "left out", "original_sha256": part.sha256.hex()},
    )


def _ask_child(request: dict[str, Any], limit_s: float) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603  our own module, no shell
            [sys.executable, "-I", "-c", _START],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=limit_s,
            check=False,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        )
        facts: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"refused": "too_slow"}
    except ValueError:  # it died on the file
        return {"refused": "died"}
    return facts
