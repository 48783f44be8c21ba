"""What the contained process saw of a file, written to its folder and read back; no pickles."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.faults import FileRefused, Note
from gis.looking import FileLook
from gis.scripts import Script
from gis.totals import Total
from gis.verdicts import Look

Floats = NDArray[np.float64]
_ARRAYS = ("xy", "rows", "inner", "of_row")
_PLAIN = ("shape", "count", "crs", "rule", "sexagesimal", "encoding")


def write_look(found: FileLook, folder: Path) -> None:
    """Write `look.npz` and `look.json` into `folder`."""
    lengths = np.array([len(path) for path in found.drawn], dtype=np.int64)
    drawn = np.concatenate(found.drawn) if found.drawn else np.empty((0, 2))
    arrays = {name: getattr(found.look, name) for name in _ARRAYS}
    np.savez(folder / "look.npz", drawn=drawn, lengths=lengths, **arrays)
    table: dict[str, Any] = {name: getattr(found, name) for name in _PLAIN}
    table |= {
        "words": {name: list(texts) for name, texts in found.look.words.items()},
        "names": found.names,
        "personal": found.personal,
        "position": dict(found.position),
        "scripts": [asdict(one) for one in found.scripts],
        "totals": [asdict(one) for one in found.totals],
        "notes": [asdict(one) for one in found.notes],
    }
    with (folder / "look.json").open("w", encoding="utf-8") as stream:
        json.dump(table, stream, ensure_ascii=False, default=str)


def read_look(folder: Path) -> FileLook:
    """Read what `write_look` wrote.

    Raises
    ------
    FileRefused
        ``file.too_costly`` when it does not fit together.

    """
    try:
        with (folder / "look.json").open(encoding="utf-8") as stream:
            table = json.load(stream)
        with np.load(folder / "look.npz", allow_pickle=False) as arrays:
            return _look(table, {name: arrays[name] for name in arrays.files})
    except (OSError, ValueError, KeyError, TypeError) as broken:
        raise FileRefused("file.too_costly", reason=type(broken).__name__) from broken


def _look(table: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> FileLook:
    ends = np.cumsum(arrays["lengths"])[:-1]
    look = Look(
        xy=_plane(arrays["xy"]),
        rows=_plane(arrays["rows"]),
        inner=_plane(arrays["inner"]),
        of_row=arrays["of_row"].astype(np.int64),
        words={str(name): list(texts) for name, texts in table["words"].items()},
    )
    return FileLook(
        look=look,
        drawn=tuple(np.split(_plane(arrays["drawn"]), ends)) if len(arrays["lengths"]) else (),
        names=tuple(table["names"]),
        personal=tuple((str(name), str(why)) for name, why in table["personal"]),
        position={str(field): str(column) for field, column in table["position"].items()},
        scripts=tuple(Script(**one) for one in table["scripts"]),
        totals=tuple(Total(**one) for one in table["totals"]),
        notes=tuple(Note(**one) for one in table["notes"]),
        **{name: table[name] for name in _PLAIN},
    )


def _plane(given: NDArray[Any]) -> Floats:
    plane = np.asarray(given, dtype=np.float64)
    if plane.ndim != 2 or plane.shape[1] != 2:
        raise ValueError("shape")
    return plane
