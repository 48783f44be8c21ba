"""What a recording media worker reads from the database and writes to it. All of it blocks."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from video.clipfile import ClipPart, recovered
from video.recorder import Gap, Left
from video.timeline import TICKS_PER_S

from ..db import begin
from ..settings import load
from . import retention, storing
from .manifest import Part, instant
from .models import Evidence
from .sealing import Outcome, fail, seal, tidy, told

CRASHED, NO_PICTURE = "crashed", "no_picture"

# Index: evidence_open_idx.
_CLIPS = text(
    "SELECT id, camera_id, state, before_s, asked_at, stop_at FROM evidence"
    " WHERE kind = 'clip' AND state IN ('waiting', 'recording') AND first_at IS NULL"
    " AND camera_id % :workers = :worker ORDER BY id"
)
# Cameras whose picture somebody has open for an incident. Index: streams_open_idx.
_WATCHED = text(
    "SELECT camera_id FROM streams WHERE ended_at IS NULL AND used_at IS NOT NULL"
    " AND kind = 'live' AND incident_id IS NOT NULL AND camera_id % :workers = :worker"
    " GROUP BY camera_id ORDER BY max(used_at) DESC LIMIT :most"
)


@dataclass(frozen=True, slots=True)
class ClipOrder:
    """A clip that is to be recorded until `stop_at`."""

    id: int
    camera_id: int
    state: str
    before_s: float
    asked_at: datetime
    stop_at: datetime


@dataclass(frozen=True, slots=True)
class Orders:
    """What one media worker is to record, and for which cameras it keeps the last seconds."""

    clips: Sequence[ClipOrder]
    watched: Sequence[int]
    is_full: bool


def read(worker: int) -> Orders:
    """Return what this worker is to do now."""
    share = {"workers": load().media.workers, "worker": worker}
    with begin() as session:
        clips = [ClipOrder(*row) for row in session.execute(_CLIPS, share)]
        most = {"most": load().evidence.rings}
        watched = session.scalars(_WATCHED, share | most).all()
    return Orders(clips, watched, bool(clips) and is_full())


def is_full() -> bool:
    """Return whether nothing more can be written, the oldest that nobody holds having gone."""
    with begin() as session:
        if storing.room(session).state != "full":
            return False
    if not retention.make_room(datetime.now(UTC)):
        return True
    with begin() as session:
        return storing.room(session).state == "full"


def note_begun(evidence_id: int) -> None:
    """Note that a clip's files are being written."""
    with begin() as session:
        clip = _locked(session, evidence_id)
        if clip.state == "waiting":
            clip.state = "recording"
            told(session, clip)


def note_size(sizes: dict[int, int]) -> None:
    """Note how large the clips under way are: the budget counts them too."""
    with begin() as session:
        for evidence_id, size in sizes.items():
            clip = _locked(session, evidence_id)
            if clip.state == "recording":
                clip.size_bytes = size


def close(
    evidence_id: int,
    parts: Sequence[ClipPart],
    gaps: Sequence[Gap],
    end_reason: str,
    *,
    origin: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Seal what was recorded, or note that nothing was; `origin` goes into the notes of parts."""
    with begin() as session:
        clip = _locked(session, evidence_id)
        if clip.state not in ("waiting", "recording"):
            return
        if parts:
            listed = [_gap(gap) for gap in gaps]
            outcome = Outcome([_part(part, origin) for part in parts], end_reason, listed)
            seal(session, clip, outcome, now=datetime.now(UTC))
        else:
            fail(session, clip, NO_PICTURE if end_reason == "stopped" else end_reason)
    tidy(evidence_id)


def recover(worker: int) -> dict[int, Left]:
    """Return what a worker that was killed left of the clips that go on.

    A clip whose time is not over goes on as another part. One that has ended meanwhile is sealed
    with what was whole on the disk; its manifest says that it ended by a crash.
    """
    share = {"workers": load().media.workers, "worker": worker}
    with begin() as session:
        clips = [ClipOrder(*row) for row in session.execute(_CLIPS, share)]
    goes_on: dict[int, Left] = {}
    for clip in clips:
        if clip.state != "recording":
            continue
        folder = storing.folder_of(clip.id)
        parts = recovered(folder) if folder.exists() else []
        if clip.stop_at > datetime.now(UTC):
            goes_on[clip.id] = Left(parts, _between(parts), CRASHED)
        else:
            close(clip.id, parts, _between(parts), CRASHED)
    return goes_on


def _locked(session: Session, evidence_id: int) -> Evidence:
    return session.scalars(
        select(Evidence).where(Evidence.id == evidence_id).with_for_update()
    ).one()


def _between(parts: Sequence[ClipPart]) -> list[Gap]:
    """Return the gaps between the parts that a crash left."""
    pairs = itertools.pairwise(parts)
    return [Gap(a.last_ms, b.first_ms, b.reason or CRASHED) for a, b in pairs]


def _gap(gap: Gap) -> dict[str, Any]:
    from_at, to_at = (instant(_at(ms)) for ms in (gap.from_ms, gap.to_ms))
    return {"from_at": from_at, "to_at": to_at, "reason": gap.reason}


def _part(part: ClipPart, origin: Mapping[str, Any]) -> Part:
    notes: dict[str, Any] = {"clock": "arrival", **origin}
    if part.device_first_ms is not None:
        notes["device_first_at"] = instant(_at(part.device_first_ms))
    if part.cut_bytes or part.is_doubtful:
        notes |= {"cut_bytes": part.cut_bytes, "matches_journal": not part.is_doubtful}
    return Part(
        file=part.file,
        media_type="video/mp4",
        sha256=part.sha256,
        size_bytes=part.size_bytes,
        first_at=_at(part.first_ms),
        last_at=_at(part.last_ms),
        duration_s=round(part.ticks / TICKS_PER_S, 3),
        codec=part.codec,
        width_px=part.width,
        height_px=part.height,
        frames=part.frames,
        notes=notes,
    )


def _at(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
