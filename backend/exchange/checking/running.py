"""One check of a file, and the mended copy where one is wished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gis.faults import FileRefused

from ...errors import Language, Refused
from ...grids.tiling.checking import Checked, check, mend, mended_tiling, mends_of
from ...grids.tiling.report import told
from ..wording import reason_and_todo
from .copying import write_copy
from .reading import Read, Wish, as_tiling, read_grids, read_lines


class FileNotTaken(Refused):
    """The file cannot be checked; `reason` says why and what to do."""

    code = "check.refused"
    zh = "{reason}"
    en = "{reason}"


@dataclass(frozen=True, slots=True)
class CheckOrder:
    """What to check, against what, and what to write."""

    file: Path
    wish: Wish = field(default_factory=Wish)
    parents: Path | None = None
    parents_wish: Wish = field(default_factory=Wish)
    threshold_m2: float = 1.0
    layout: str | None = None
    mended_copy: Path | None = None
    mend_below_m2: float | None = None
    along: Path | None = None
    language: Language = "zh"


def run_check(
    order: CheckOrder, on_progress: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Check a file and return the report, with a part `mended` where a copy was wished.

    Raises
    ------
    FileNotTaken
        When a file cannot be read safely or without guessing.

    """
    try:
        read = read_grids(order.file, order.wish)
        parents = None if order.parents is None else read_grids(order.parents, order.parents_wish)
        tiling = as_tiling(read, parents, stated=order.wish.parent_column)
        checked = check(tiling, layout=order.layout, on_progress=on_progress)
        report = told(checked, order.threshold_m2)
        report["file"] = order.file.name
        report["crs"] = read.intake.crs
        report["datum_assumed"] = read.is_assumed
        if order.mended_copy is not None:
            report["mended"] = _mended(order, read, checked)
    except FileRefused as refused:
        reason, todo = reason_and_todo(refused.code, refused.detail, order.language)
        raise FileNotTaken(reason=f"{reason}{todo}") from refused
    return report


def _mended(order: CheckOrder, read: Read, checked: Checked) -> dict[str, Any]:
    """Write the copy, and tell what was mended and what is left."""
    lines = None if order.along is None else read_lines(order.along)
    mends = mends_of(checked, below_m2=order.mend_below_m2)
    done = mend(checked, mends, lines)
    after = mended_tiling(checked.tiling, done)
    path = order.mended_copy
    written = write_copy(path, read, after) if path is not None else 0
    return {
        "file": str(path),
        "written": written,
        "mends": [
            {
                "kind": one.kind,
                "codes": [checked.tiling.label(row) for row in one.rows],
                "to": [checked.tiling.label(row) for row in owners],
            }
            for one, owners in zip(mends, done.owners, strict=True)
        ],
        "changed": [checked.tiling.label(row) for row in sorted(done.changed)],
        "left": told(check(after, layout=order.layout), order.threshold_m2)["counts"],
    }
