"""A file from outside, laid out in a private folder for the bounded process that reads it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gis.archive import ArchiveLimits
from gis.faults import Note
from gis.reading import Source
from gis.sandbox import ChildLimits
from gis.staging import StagingLimits, stage

from ..settings import load


@dataclass(frozen=True, slots=True)
class Laid:
    """The file as laid out, the folder it lies in, and what its reader may cost."""

    source: Source
    notes: tuple[Note, ...]
    folder: Path
    child: ChildLimits


@contextmanager
def laid_out(path: Path, *, layer: str | None, encoding: str | None) -> Iterator[Laid]:
    """Lay a file out for as long as the block runs, within the limits set for imports.

    Raises
    ------
    FileRefused
        As `gis.staging.stage`.

    """
    limits = load().imports
    staging = StagingLimits(
        ArchiveLimits(
            limits.unpacked_limit_bytes, limits.compression_ratio_limit, limits.entries_limit
        ),
        features=limits.features_limit,
    )
    with tempfile.TemporaryDirectory(prefix="gridlink-import-") as private:
        folder = Path(private)
        staged = stage(path, folder, Source(folder, "", layer, encoding), staging)
        child = ChildLimits(limits.memory_limit_bytes, limits.time_limit_s)
        yield Laid(staged.source, staged.notes, folder, child)
