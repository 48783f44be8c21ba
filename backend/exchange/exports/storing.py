"""Where exported files lie, and how they go when they were kept long enough."""

import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from ...db import begin
from ...settings import load
from .models import Export

_HOUR_S = 3600.0


def root() -> Path:
    """Return the folder of all exports, made when it is not there."""
    settings = load()
    folder = settings.exports.folder or settings.var_dir / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def folder_of(export: Export) -> Path:
    """Return where the file of an export is; another database's of the same number is another."""
    return root() / f"{export.id}-{export.created_at.timestamp():.6f}"


def stored_file(export: Export) -> Path | None:
    """Return the written file, None when there is none any more."""
    folder = folder_of(export)
    files = list(folder.iterdir()) if folder.is_dir() else []
    return files[0] if len(files) == 1 else None


def sweep(now: datetime) -> int:
    """Remove what was kept long enough, and folders that a killed job left; return how many."""
    kept = timedelta(hours=load().exports.kept_hours)
    removed = 0
    with begin() as session:
        over = Export.finished_at < now - kept
        for export in session.scalars(select(Export).where(over, Export.removed_at.is_(None))):
            shutil.rmtree(folder_of(export), ignore_errors=True)
            export.removed_at = now
            removed += 1
    oldest = time.time() - kept.total_seconds() - _HOUR_S
    for folder in root().iterdir():
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
    return removed
