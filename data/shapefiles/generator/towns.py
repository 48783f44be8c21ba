"""Street lattices: the county town and the township centres, with their blocks (local metres)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

from .curves import Points, merged, rng_for, turned
from .names import CENTRE_STREETS, LANE_STEMS, MAIN_COLUMNS, MAIN_ROWS, TOWNSHIPS

MAIN_HALF_WIDTH_M = 12.0
LANE_HALF_WIDTH_M = 4.5


@dataclass(frozen=True, slots=True)
class Street:
    """One row or column of a lattice: `is_open[k]` tells whether its k-th leg was built."""

    name: str
    is_main: bool
    path: Points
    is_open: tuple[bool, ...]

    @property
    def half_width_m(self) -> float:
        """Carriageway and pavement, to the property line."""
        return MAIN_HALF_WIDTH_M if self.is_main else LANE_HALF_WIDTH_M

    def pieces(self) -> list[LineString]:
        """The street's runs of open legs."""
        lines: list[LineString] = []
        start: int | None = None
        for k, is_open in enumerate((*self.is_open, False)):
            if is_open and start is None:
                start = k
            elif not is_open and start is not None:
                lines.append(LineString(self.path[start : k + 1]))
                start = None
        return lines


@dataclass(frozen=True, slots=True)
class Block:
    """Land between streets; `free` is what is left of it behind the pavements."""

    polygon: Polygon
    free: Polygon
    heading_deg: float
    address: str


@dataclass(frozen=True, slots=True)
class Town:
    """A lattice; nodes has shape (columns, rows, 2)."""

    township: str
    nodes: Points
    columns: tuple[Street, ...]
    rows: tuple[Street, ...]
    blocks: tuple[Block, ...]
    hull: Polygon = field(repr=False)

    @property
    def streets(self) -> tuple[Street, ...]:
        """Columns, then rows."""
        return self.columns + self.rows


def lay_towns() -> tuple[Town, ...]:
    """The county town first, then the centres of the other townships."""
    seat = _seat()
    centres = [_centre(t.name, t.centre, k) for k, t in enumerate(TOWNSHIPS) if t.name != "云溪镇"]
    return (seat, *centres)


def _seat() -> Town:
    rng = rng_for(10)
    across, columns = _axis(-1750.0, MAIN_COLUMNS, rng, lanes=LANE_STEMS[:9])
    along, rows = _axis(-1330.0, MAIN_ROWS, rng, lanes=LANE_STEMS[9:15])
    return _lattice(("云溪镇", (0.0, 0.0), 6.0), (across, columns), (along, rows), rng)


def _centre(name: str, at: tuple[float, float], k: int) -> Town:
    rng = rng_for(20 + k)
    column_names, row_names = CENTRE_STREETS[name]
    stems = LANE_STEMS[15 + 3 * k : 15 + 3 * k + 2]
    across, columns = _axis(-330.0, column_names, rng, lanes=stems[:1])
    along, rows = _axis(-250.0, row_names, rng, lanes=stems[1:])
    angle = float(rng.uniform(-22, 22))
    return _lattice((name, at, angle), (across, columns), (along, rows), rng)


def _axis(
    start: float, mains: tuple[str, ...], rng: np.random.Generator, *, lanes: tuple[str, ...]
) -> tuple[list[float], list[tuple[str, bool]]]:
    """Offsets of parallel main streets, with a lane between neighbours while lanes last."""
    offsets, labels, spare = [start], [(mains[0], True)], list(lanes)
    for name in mains[1:]:
        if spare:
            offsets.append(offsets[-1] + float(rng.uniform(165, 245)))
            labels.append((spare.pop(0) + "巷", False))
        offsets.append(offsets[-1] + float(rng.uniform(165, 260)))
        labels.append((name, True))
    return offsets, labels


def _lattice(
    place: tuple[str, tuple[float, float], float],
    columns: tuple[list[float], list[tuple[str, bool]]],
    rows: tuple[list[float], list[tuple[str, bool]]],
    rng: np.random.Generator,
) -> Town:
    township, (x, y), angle = place
    u, v = np.meshgrid(columns[0], rows[0], indexing="ij")
    bent_u = u + 55 * np.sin(v / 900 + 0.6) + rng.normal(0, 5, u.shape)
    bent_v = v + 60 * np.sin(u / 1150 + 1.1) + rng.normal(0, 5, u.shape)
    nodes = turned(np.stack([bent_u, bent_v], axis=-1).reshape(-1, 2), angle) + np.array([x, y])
    nodes = np.round(nodes, 2).reshape(*u.shape, 2)
    closed = _closures(columns[1], rows[1], rng)
    column_streets = tuple(
        Street(*label, nodes[i], tuple((0, i, j) not in closed for j in range(nodes.shape[1] - 1)))
        for i, label in enumerate(columns[1])
    )
    row_streets = tuple(
        Street(*label, nodes[:, j], tuple((1, i, j) not in closed for i in range(len(nodes) - 1)))
        for j, label in enumerate(rows[1])
    )
    blocks = _blocks(column_streets, row_streets)
    hull = merged(b.polygon for b in blocks)
    return Town(township, nodes, column_streets, row_streets, blocks, hull)


def _closures(
    columns: list[tuple[str, bool]], rows: list[tuple[str, bool]], rng: np.random.Generator
) -> set[tuple[int, int, int]]:
    """Legs never built, (0 = column | 1 = row, i, j): none off the town, few inside its blocks."""
    built = _built_cells(len(columns), len(rows), rng)
    closed: set[tuple[int, int, int]] = set()
    for i, (_, is_main) in enumerate(columns):
        for j in range(len(rows) - 1):
            sides = built[i : i + 2, j + 1]
            # A large site takes the lane between two cells; the town's rim is always a street.
            if not sides.any() or (sides.all() and not is_main and rng.random() < 0.34):
                closed.add((0, i, j))
    for j, (_, is_main) in enumerate(rows):
        for i in range(len(columns) - 1):
            sides = built[i + 1, j : j + 2]
            if not sides.any() or (sides.all() and not is_main and rng.random() < 0.34):
                closed.add((1, i, j))
    return closed


def _built_cells(columns: int, rows: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which cells are town, with a rim of False; towns fray at their corners."""
    i, j = np.meshgrid(np.arange(columns - 1), np.arange(rows - 1), indexing="ij")
    a = np.abs((i + 0.5) / (columns - 1) * 2 - 1)
    b = np.abs((j + 0.5) / (rows - 1) * 2 - 1)
    rough = a**3 + b**3 + rng.uniform(-0.12, 0.12, a.shape)
    is_large = columns * rows > 60
    return np.pad(rough < 1.05 if is_large else np.ones_like(rough, dtype=bool), 1)


def _blocks(columns: tuple[Street, ...], rows: tuple[Street, ...]) -> tuple[Block, ...]:
    """Faces of the street network; sorted north to south so that their order is stable."""
    lines = [(s, piece) for s in (*columns, *rows) for piece in s.pieces()]
    noded = shapely.union_all([line for _, line in lines], grid_size=0.01)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    paved = shapely.union_all([ln.buffer(s.half_width_m, cap_style="square") for s, ln in lines])
    blocks = []
    for face in sorted(faces, key=lambda f: (-round(f.centroid.y), round(f.centroid.x))):
        free = max(shapely.get_parts(face.difference(paved)), key=lambda g: g.area)
        south = min(rows, key=lambda s: LineString(s.path).distance(face.centroid))
        leg = south.path[-1] - south.path[0]
        heading = float(np.degrees(np.arctan2(leg[1], leg[0])))
        blocks.append(Block(face, free, heading, _address(face, lines, south)))
    return tuple(blocks)


def _address(face: Polygon, lines: list[tuple[Street, LineString]], south: Street) -> str:
    """The main street a block fronts, the southern one if it fronts several; else its lane."""
    fronts = [s for s, line in lines if s.is_main and line.distance(face) < 0.5]
    if south in fronts or not fronts:
        return south.name
    return fronts[0].name
