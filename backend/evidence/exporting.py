"""Handing evidence over: one zip that is read and verified without a network or this product.

It is written as it is sent: an export needs no room on the disk.
"""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..access import Principal
from ..audit.models import RegisterEntry
from ..audit.register import canonical_text, content_of, enter
from ..settings import load
from . import keys, listing, storing
from .manifest import canonical, instant
from .models import Evidence, EvidenceKey, EvidencePart
from .reader import readme_en, readme_zh
from .sealing import act_of
from .verify_page import whole_page
from .verifying import (
    KEY,
    MANIFEST,
    PACKAGE,
    PACKAGE_KEY,
    PACKAGE_SIGNATURE,
    REGISTER,
    SIGNATURE,
    SKETCH,
)

_PIECE = 1 << 20
# A zip wants a time for each entry; one fixed time keeps packages of the same evidence alike.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Package:
    """What goes into a package: short files as they are, long ones by their path."""

    name: str
    texts: Mapping[str, bytes]
    files: Mapping[str, Path] = field(default_factory=dict)


def pack(session: Session, kept: Evidence, purpose: str, *, by: Principal) -> Package:
    """Return the package of a piece of evidence, and enter the export into the register.

    Raises
    ------
    NotKept, EvidenceGone, Damaged, PurposeMissing
        If it cannot be handed over as what it was sealed to be.

    """
    listing.require_kept(kept)
    listing.require_purpose(session, purpose)
    [(_, parts)] = listing.with_parts(session, [kept])
    listing.require_whole(kept, parts)
    texts = _texts(session, kept, parts)
    files = {part.file: storing.folder_of(kept.id) / part.file for part in parts}
    index = canonical(
        {
            "format": "gridlink-package/1",
            "evidence": kept.id,
            "made_at": instant(datetime.now(UTC)),
            "made_by": by.display_name,
            "files": {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
            | {part.file: part.sha256.hex() for part in parts},
        }
    ).encode()
    # Signed by the present key: whoever holds the package may check it with that one alone.
    signature = keys.sign(session, index).signature.hex().encode()
    act = act_of(kept, "evidence.exported", (by.id, by.display_name))
    enter(session, replace(act, purpose=purpose))
    name = f"gridlink-evidence-{kept.id}.zip"
    return Package(name, {**texts, PACKAGE: index, PACKAGE_SIGNATURE: signature}, files)


def stream(package: Package) -> Iterator[bytes]:
    """Yield a package as a zip without compression: video does not shrink."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for name, text in package.texts.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), text)
            yield pipe.take()
        for name, path in package.files.items():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            with path.open("rb") as file, archive.open(info, "w", force_zip64=True) as entry:
                while piece := file.read(_PIECE):
                    entry.write(piece)
                    yield pipe.take()
    yield pipe.take()


def _texts(session: Session, kept: Evidence, parts: Sequence[EvidencePart]) -> dict[str, bytes]:
    key = session.get_one(EvidenceKey, kept.key_id)
    present = session.get_one(EvidenceKey, keys.present(session))
    manifest = kept.manifest or ""
    facts = {
        "number": kept.id,
        "site": load().site.name,
        "site_en": load().site.name_en,
        "fingerprint": keys.fingerprint_of(present.public_key),
        "files": ", ".join(part.file for part in parts),
    }
    texts = {
        "README.zh.txt": readme_zh(facts).encode(),
        "README.en.txt": readme_en(facts).encode(),
        "verify.html": whole_page().encode(),
        MANIFEST: manifest.encode(),
        SIGNATURE: (kept.signature or b"").hex().encode(),
        KEY: keys.pem_of(key.public_key).encode(),
        PACKAGE_KEY: keys.pem_of(present.public_key).encode(),
        REGISTER: _register(session, kept).encode(),
    }
    sketch = storing.folder_of(kept.id) / SKETCH
    return texts | ({SKETCH: sketch.read_bytes()} if sketch.exists() else {})


def _register(session: Session, kept: Evidence) -> str:
    """Return the entry made at the sealing, with the very text its hash covers."""
    row = session.get_one(RegisterEntry, kept.register_seq)
    entry: dict[str, Any] = {
        "content": canonical_text(content_of(row)),
        "previous_hash": row.previous_hash.hex(),
        "hash": row.hash.hex(),
    }
    return canonical({"entry": entry})


class _Pipe:
    """A file that only takes: what was written is taken off again piece by piece."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, piece: bytes) -> int:
        self._waiting += piece
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The archive is done; what is left is taken by `take`."""

    def take(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken
