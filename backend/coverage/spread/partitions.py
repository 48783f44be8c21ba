"""Counting one partition, and keeping what was counted under the hash of what it was counted from.

A partition is the subjects of one township. Its figures are sums of whole numbers, so they are the
same whoever counts them and however often.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from gis.coverage import Figures
from gis.obstacles import build_obstacles
from gis.poses import PoseColumns, build_poses
from gis.rastercover import raster_figures

from .stock import Rule, Source, Stock, terrain_of

TOWNSHIP: Final = 1000
"""Codes of a township: its villages differ in the last three digits."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one partition came to. `figures` is None where it was already known under `key`."""

    township: int
    key: str
    kinds: list[str]
    ids: list[int]
    division_codes: list[int]
    figures: Figures | None


def townships_of(source: Source) -> list[int]:
    """Return the partitions of a source, in order."""
    return [int(code) for code in np.unique(source.divisions() // TOWNSHIP * TOWNSHIP)]


def count_part(source: Source, township: int, reading: str, known: frozenset[str]) -> Part:
    """Count one township; read only, and let go, where its key is known."""
    rule = source.rule()
    stock = source.near(township, township + TOWNSHIP - 1)
    key = key_of(rule, stock, reading)
    figures = None if key in known else _counted(rule, stock, reading)
    return Part(
        township,
        key,
        stock.kinds.tolist(),
        stock.ids.tolist(),
        stock.division_code.tolist(),
        figures,
    )


def _counted(rule: Rule, stock: Stock, reading: str) -> Figures:
    obstacles = build_obstacles(
        stock.buildings, stock.height_m, stock.building_id, ground_m=stock.ground_m
    )
    return raster_figures(
        obstacles,
        build_poses(PoseColumns(**stock.poses)),
        stock.shapes,
        px_per_m=rule.px_per_m,
        target_height_m=rule.target_height_m,
        cell_m=rule.cell_m,
        terrain=terrain_of(rule),
        threads=1,  # the partitions are what is shared out
        use=stock.works if reading == "now" else None,
    )


def key_of(rule: Rule, stock: Stock, reading: str) -> str:
    """Return the hash of all that the figures depend on, this version's kernels included."""
    digest = hashlib.sha256(_sources().encode())
    digest.update(repr((rule, reading)).encode())
    for shapes in (stock.shapes.areas, stock.shapes.roads, stock.shapes.outlines, stock.buildings):
        for wkb in shapely.to_wkb(shapes):
            digest.update(wkb)
    poses = (stock.poses[name] for name in sorted(stock.poses))
    keys = (stock.kinds, stock.ids, stock.division_code, stock.height_m, stock.ground_m)
    for column in (*poses, *keys, stock.building_id, stock.works):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


@cache
def _sources() -> str:
    """Return the state of the numerical code: figures of an older one are counted again."""
    digest = hashlib.sha256()
    for file in sorted(files("gis").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    return digest.hexdigest()


class CountStore:
    """Figures on disk, one file a key; a file is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keys(self) -> frozenset[str]:
        """Return what is stored."""
        return frozenset(path.stem for path in self._folder.glob("*.npz"))

    def put(self, key: str, figures: Figures) -> None:
        """Store figures; storing them again changes nothing."""
        target = self._folder / f"{key}.npz"
        half = target.with_suffix(f".{os.getpid()}.half")
        with half.open("wb") as sink:
            np.savez(
                sink,
                px_per_m=np.array(figures.px_per_m),
                totals=figures.totals,
                seen=figures.seen,
            )
        half.replace(target)

    def get(self, key: str) -> Figures:
        """Return the figures stored under `key`."""
        with np.load(self._folder / f"{key}.npz", allow_pickle=False) as held:
            px: tuple[float, ...] = tuple(held["px_per_m"].tolist())
            return Figures(px, held["totals"], held["seen"])


def rows_of(part: Part, figures: Figures) -> list[dict[str, Any]]:
    """Return a part's figures as rows, in the columns of the table coverage_figures."""
    from gis.coverage import MEASURES, PARTS

    return [
        {
            "subject_kind": part.kinds[s],
            "subject_id": part.ids[s],
            "division_code": part.division_codes[s],
            "measure": measure,
            "px_per_m": px,
            "total": float(figures.totals[m, s]),
            **dict(zip(PARTS, figures.seen[m, s, b].tolist(), strict=True)),
            "method": "raster",
        }
        for m, measure in enumerate(MEASURES)
        for s in range(len(part.ids))
        for b, px in enumerate(figures.px_per_m)
    ]
