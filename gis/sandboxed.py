"""The process behind `gis.sandbox`: bounds itself, takes the file in, writes the answer.

Started only by `gis.sandbox`. Standard input holds the order, standard output carries progress
and the verdict, the folder given receives shapes and table.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

_LARGEST_FILE = 4 << 30
_OPEN_FILES = 64


def main() -> None:
    """Read the order, obey it, answer; exit 0 also when the file is refused."""
    folder, time_s = Path(sys.argv[1]), float(sys.argv[2])
    request = json.load(sys.stdin)
    _bound(int(request["memory_bytes"]), time_s)
    # After the limits, and so under them: the imports are what a hostile file would attack.
    from gis.faults import FileRefused

    try:
        count = _look(request, folder) if "look" in request else _take(request, folder)
    except FileRefused as refused:
        _say({"refused": refused.code, "detail": refused.detail})
    except MemoryError:
        _say({"refused": "file.too_costly", "detail": {"reason": "memory"}})
    else:
        _say({"taken": count})


def _take(request: dict[str, Any], folder: Path) -> int:
    from gis.intake import take_in

    intake = take_in(_order(request["order"]), _tell)
    _write(intake, folder)
    return len(intake)


def _look(request: dict[str, Any], folder: Path) -> int:
    from gis.lookfile import write_look
    from gis.looking import look_at
    from gis.reading import Source

    source = request["look"]
    found = look_at(Source(**{**source, "path": Path(source["path"])}), request["overrides"])
    write_look(found, folder)
    return found.count


def _bound(memory_bytes: int, time_s: float) -> None:
    seconds = int(time_s) + 1
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # an import must not slow the pictures


def _order(given: dict[str, Any]) -> Any:
    from gis.columns import Field
    from gis.intake import Order
    from gis.mending import MendingLimits
    from gis.reading import Source
    from gis.shapes import ShapeLimits

    limits = given["limits"]
    source = given["source"]
    return Order(
        source=Source(**{**source, "path": Path(source["path"])}),
        wanted=given["wanted"],
        fields=tuple(Field(**{**f, "aliases": tuple(f["aliases"])}) for f in given["fields"]),
        datum=given["datum"],
        reading=given["reading"],
        overrides=given["overrides"],
        limits=ShapeLimits(**{**limits, "mending": MendingLimits(**limits["mending"])}),
    )


def _tell(stage: str, done: int, total: int) -> None:
    _say({"stage": stage, "done": done, "total": total})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer, default=str) + "\n")
    sys.stdout.flush()


def _write(intake: Any, folder: Path) -> None:
    import numpy as np
    import shapely

    wkb = shapely.to_wkb(intake.shapes)
    lengths = np.array([0 if item is None else len(item) for item in wkb], dtype=np.int64)
    np.save(folder / "lengths.npy", lengths, allow_pickle=False)
    with (folder / "shapes.wkb").open("wb") as stream:
        stream.writelines(item for item in wkb if item is not None)
    table = {
        "columns": intake.columns,
        "faults": [asdict(fault) for fault in intake.faults],
        "mended": [asdict(row) for row in intake.mended],
        "notes": [asdict(note) for note in intake.notes],
        "matching": asdict(intake.matching),
        "encoding": asdict(intake.encoding),
        "crs": intake.crs,
        "datum": intake.datum,
        "datum_how": intake.datum_how,
        "numbers": intake.numbers,
    }
    with (folder / "table.json").open("w", encoding="utf-8") as stream:
        json.dump(table, stream, ensure_ascii=False, default=str)
