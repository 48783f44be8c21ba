"""Where the files of evidence lie, and whether there is room for more.

One folder for each piece: its parts, `manifest.json`, `manifest.sig` and `sketch.svg`.
"""

import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from ..settings import load
from .refusals import DiskFull

_TIGHT = 0.9
_USED = text("SELECT used_bytes, held_bytes FROM evidence_used()")


@dataclass(frozen=True, slots=True)
class Room:
    """How full the store is; bytes."""

    used: int
    held: int
    budget: int
    free: int
    spare: int

    @property
    def state(self) -> Literal["ok", "tight", "full"]:
        if self.used >= self.budget or self.free <= self.spare:
            return "full"
        is_tight = self.used >= _TIGHT * self.budget or self.free <= 2 * self.spare
        return "tight" if is_tight else "ok"


def root() -> Path:
    """Return the folder of all evidence, made when it is not there."""
    settings = load()
    folder = settings.evidence.folder or settings.var_dir / "evidence"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def folder_of(evidence_id: int) -> Path:
    """Return where the files of a piece of evidence are."""
    return root() / str(evidence_id)


def make_folder(evidence_id: int) -> Path:
    """Return a new, empty folder; what lies there from another database is put aside, not lost."""
    folder = folder_of(evidence_id)
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name}.left-{time.time_ns()}"))
    folder.mkdir(mode=0o700)
    return folder


def remove_folder(evidence_id: int) -> None:
    """Remove the files of a piece of evidence."""
    shutil.rmtree(folder_of(evidence_id), ignore_errors=True)


def room(session: Session) -> Room:
    """Return how full the store is, over all jurisdictions."""
    rules = load().evidence
    used, held = session.execute(_USED).one()
    free = shutil.disk_usage(root()).free
    return Room(int(used), int(held), rules.budget_bytes, free, rules.spare_bytes)


def require_room(session: Session) -> None:
    """Refuse what would be written into a full store.

    Raises
    ------
    DiskFull
        If the budget is used up, or the disk is.

    """
    found = room(session)
    if found.state == "full":
        raise disk_full(found)


def disk_full(found: Room) -> DiskFull:
    """Return the refusal with its figures."""
    used, budget, free = (round(n / 1024**3, 2) for n in (found.used, found.budget, found.free))
    return DiskFull(used_gb=used, budget_gb=budget, free_gb=free)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file and bring it to the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sha256_of(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
