"""Tables without shapes from outside: columns matched by name, those about persons left out."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gis.archive import ArchiveLimits
from gis.columns import Field, Matching, match_columns
from gis.faults import FileRefused
from gis.reading import Columns, Source
from gis.staging import StagingLimits, stage
from gis.tables import read_table

from ...settings import load


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that was not taken, and why; the row counts from 1 below the header."""

    row: int
    code: str
    zh: str
    en: str


@dataclass(slots=True)
class Report:
    """What an import came to."""

    kind: str
    file: str
    counts: dict[str, int] = field(default_factory=dict)
    rejected: list[Fault] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    written: bool = False

    def told(self) -> dict[str, Any]:
        """Return the report as JSON."""
        faults = [
            {"row": f.row, "code": f.code, "zh": f.zh, "en": f.en} for f in self.rejected[:1000]
        ]
        return {
            "kind": self.kind,
            "file": self.file,
            "written": self.written,
            "counts": self.counts | {"refused": len(self.rejected)},
            "columns": self.columns,
            "left_out": self.left_out,
            "rejected": faults,
        }


@dataclass(frozen=True, slots=True)
class Table:
    """Values by field name, one a row; `number` is a row's place in the file."""

    columns: Columns
    number: list[int]
    matching: Matching

    def column(self, name: str) -> list[Any]:
        """Return a field's values; None throughout when the file has no such column."""
        return list(self.columns.get(name, [None] * len(self.number)))


def table(
    path: Path,
    fields: tuple[Field, ...],
    *,
    encoding: str | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Table:
    """Read a CSV or XLSX.

    Raises
    ------
    FileRefused
        If it is none, or has not the columns that must be there.

    """
    limits = load().imports
    bounds = StagingLimits(
        ArchiveLimits(
            limits.unpacked_limit_bytes, limits.compression_ratio_limit, limits.entries_limit
        ),
        features=limits.features_limit,
    )
    matched: list[Matching] = []

    def choose(names: Any) -> list[str]:
        matched.append(match_columns(names, fields, overrides or {}))
        return [match.column for match in matched[-1].matched]

    with tempfile.TemporaryDirectory(prefix="gridlink-import-") as private:
        folder = Path(private)
        staged = stage(path, folder, Source(folder, "", None, encoding), bounds)
        if staged.source.kind not in ("csv", "xlsx"):
            raise FileRefused("file.kind", found=path.suffix, known=".csv .xlsx")
        layer = read_table(staged.source, choose)
    columns = {m.field: layer.columns[m.column] for m in matched[-1].matched}
    numbers = [] if layer.numbers is None else layer.numbers.tolist()
    return Table(columns, numbers, matched[-1])
