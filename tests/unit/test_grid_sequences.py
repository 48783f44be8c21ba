"""Any sequence of operations on the county's own grids: no gap, no overlap, ground to 0.1 m2.

The operations are those of change sets, on their board; the ground is counted by plain shapely.
"""

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely import LineString

from backend.errors import GridlinkError
from backend.grids.changes.board import Board, Cell
from backend.grids.changes.drawing import carry_out
from backend.grids.changes.schemas import OPERATIONS

SHAPES = Path(__file__).parents[2] / "data" / "shapefiles" / "grids" / "grids.shp"

Act = tuple[str, int, float, float, float]


@cache
def county() -> tuple[Cell, ...]:
    """Return the basic grids of the county, about 140 vertices each, in lon/lat."""
    meta, _, geometry, columns = pyogrio.raw.read(SHAPES, encoding="gbk")
    told = dict(zip(meta["fields"], columns, strict=True))
    turn = Transformer.from_crs(4545, 4326, always_xy=True).transform
    shapes = shapely.transform(
        shapely.from_wkb(geometry), lambda at: np.column_stack(turn(at[:, 0], at[:, 1]))
    )
    rows = zip(
        told["网格编码"], told["网格名称"], told["所属村码"], told["类别"], shapes, strict=True
    )
    return tuple(
        Cell(number, str(code), str(name), "basic", int(village), None, shape)
        for number, (code, name, village, kind, shape) in enumerate(rows, start=1)
        if kind == "基础网格"
    )


def excerpt(first: int) -> Board:
    """Return a board with twelve neighbouring grids; it asks no database."""
    cells = county()
    middle = cells[first % len(cells)].shape.centroid
    near = sorted(cells, key=lambda cell: float(cell.shape.distance(middle)))[:12]
    board = Board(None, "basic", (0, 10**12))  # type: ignore[arg-type]
    board.was = {cell.id: cell for cell in near}
    board.cells = dict(board.was)
    board._codes = {cell.code for cell in cells}
    return board


def operation(board: Board, act: Act) -> dict[str, Any] | None:
    kind, choice, a, b, bend = act
    ids = sorted(board.cells)
    cell = board.cells[ids[choice % len(ids)]]
    if kind == "recode":
        return {"op": kind, "grid_id": cell.id, "code": f"R{len(ids)}-{cell.id}-{choice}"}
    if kind == "split":
        return {"op": kind, "grid_id": cell.id, "line": _line(_across(cell.shape, a, b, bend))}
    around = [
        n
        for n in ids
        if n != cell.id and shapely.length(cell.shape.intersection(board.cells[n].shape)) > 1e-7
    ]
    if not around:
        return None
    other = board.cells[around[choice % len(around)]]
    both = cell.shape.union(other.shape)
    if kind == "retire":
        return {"op": kind, "grid_id": cell.id, "into": other.id}
    if kind == "redraw":
        return _redraw((cell.id, other.id), both, _across(both, a, b, bend))
    told: dict[str, Any] = {"op": kind, "grid_ids": [cell.id, other.id]}
    return told if kind == "merge" else told | {"line": _line(_across(both, a, b, bend))}


def _redraw(ids: tuple[int, int], both: Any, across: LineString) -> dict[str, Any] | None:
    """Return two outlines drawn anew, as another program would send them."""
    faces = shapely.get_parts(shapely.polygonize([shapely.node(both.boundary.union(across))]))
    pieces = [face for face in faces if both.contains(face.representative_point())]
    if len(pieces) != 2:
        return None
    told = zip(ids, map(shapely.geometry.mapping, pieces), strict=True)
    return {"op": "redraw", "pieces": [{"grid_id": n, "geometry": each} for n, each in told]}


def _across(shape: Any, a: float, b: float, bend: float) -> LineString:
    west, south, east, north = shape.bounds
    wide, tall = east - west, north - south
    if bend < 0.5:
        middle = (west + bend * wide, south + (a + b) / 2 * tall)
        return LineString(
            [(west - wide, south + a * tall), middle, (east + wide, south + b * tall)]
        )
    middle = (west + (a + b) / 2 * wide, south + bend * tall)
    return LineString([(west + a * wide, south - tall), middle, (west + b * wide, north + tall)])


def _line(drawn: LineString) -> dict[str, Any]:
    places = [[round(x, 7), round(y, 7)] for x, y in drawn.coords]
    return {"type": "LineString", "coordinates": places}


within = st.floats(0.05, 0.95)
kinds = st.sampled_from(["split", "merge", "move_boundary", "redraw", "recode", "retire"])
acts = st.lists(
    st.tuples(kinds, st.integers(0, 999), within, within, within), min_size=3, max_size=10
)


@settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.integers(0, 500), acts)
def test_any_sequence_of_operations_keeps_the_ground_of_the_county(first, sequence) -> None:
    board = excerpt(first)
    ground = shapely.union_all([cell.shape for cell in board.cells.values()])
    for act in sequence:
        before = dict(board.cells)
        wanted = operation(board, act)
        if wanted is None:
            continue
        try:
            carry_out(board, OPERATIONS.validate_python([wanted]))
        except GridlinkError:
            board.cells = before  # what is refused changes nothing
    shapes = np.array([cell.shape for cell in board.cells.values()], dtype=object)
    assert shapely.is_valid(shapes).all()
    # Degrees to metres at the county: exact to a percent, of an error that is to be none.
    m2 = 111_320.0 * math.cos(math.radians(ground.centroid.y)) * 110_950.0
    assert shapely.union_all(shapes).symmetric_difference(ground).area * m2 < 0.1
    assert abs(float(shapely.area(shapes).sum()) - ground.area) * m2 < 0.1
