"""清单: what a piece of evidence is, as one canonical text that is signed.

Canonical JSON: keys sorted, no blanks, UTF-8. Whoever verifies takes the bytes as they are.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..audit.register import Head
from .models import Evidence

FORMAT = "gridlink-evidence/1"


@dataclass(frozen=True, slots=True)
class Part:
    """One file as it was sealed; `detail` holds what only clips have."""

    file: str
    media_type: str
    sha256: str
    size_bytes: int
    first_at: datetime
    last_at: datetime
    duration_s: float = 0.0
    codec: str | None = None
    width_px: int | None = None
    height_px: int | None = None
    frames: int | None = None
    notes: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a manifest tells beside the piece of evidence itself."""

    incident: Mapping[str, Any]
    camera: Mapping[str, Any]
    marks: Sequence[Mapping[str, Any]]
    sketch_sha256: str | None
    head: Head
    key_id: str
    original: Mapping[str, Any] | None = None


def canonical(content: Mapping[str, Any]) -> str:
    """Return JSON with keys sorted and no blanks."""
    return json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def instant(at: datetime | None) -> str | None:
    """Return an instant in UTC with milliseconds."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds")


def digest(text: str) -> bytes:
    """Return the SHA-256 of a manifest."""
    return hashlib.sha256(text.encode()).digest()


def compose(sealed: Evidence, parts: Sequence[Part], around: Surroundings, now: datetime) -> str:
    """Return the canonical manifest of a piece of evidence."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "id": sealed.id,
        "kind": sealed.kind,
        "incident": dict(around.incident),
        "camera": dict(around.camera),
        "made_by": {"id": sealed.made_by, "name": sealed.made_by_name},
        "purpose": sealed.purpose,
        "asked_at": instant(sealed.asked_at),
        "before_s": sealed.before_s,
        "stopped_by": sealed.stopped_by_name,
        "first_at": instant(sealed.first_at),
        "last_at": instant(sealed.last_at),
        "duration_s": sealed.duration_s,
        "ended": sealed.end_reason,
        "gaps": sealed.gaps,
        "parts": [_told(part) for part in parts],
        "marks": [dict(mark) for mark in around.marks],
        "sketch_sha256": around.sketch_sha256,
        "masks": sealed.masks,
        "original": None if around.original is None else dict(around.original),
        "register": {"seq": around.head.seq, "hash": around.head.hash.hex()},
        "key": around.key_id,
        "sealed_at": instant(now),
    }
    return canonical(content)


def _told(part: Part) -> dict[str, Any]:
    return {
        "file": part.file,
        "media_type": part.media_type,
        "sha256": part.sha256,
        "size_bytes": part.size_bytes,
        "first_at": instant(part.first_at),
        "last_at": instant(part.last_at),
        "duration_s": part.duration_s,
        "codec": part.codec,
        "width_px": part.width_px,
        "height_px": part.height_px,
        "frames": part.frames,
        **(part.notes or {}),
    }
