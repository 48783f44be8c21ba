"""Points assigned to grids: the grid that GEOS says covers them, borders and corners included."""

import numpy as np
import pytest
import shapely

from gis.assignment import assign, index_for_assignment
from gis.errors import GeometryError
from gis.exactsign import orientation


def by_geos(grids: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The first grid that covers each point."""
    found = np.full(len(x), -1)
    grid, point = shapely.STRtree(shapely.points(x, y)).query(grids, predicate="covers")
    for g, p in sorted(zip(grid.tolist(), point.tolist(), strict=True), reverse=True):
        found[p] = g
    return found


def crooked(rng: np.random.Generator, columns: int, rows: int, side: float) -> np.ndarray:
    """A tiling of quadrangles with wandering corners, in lon/lat degrees."""
    corners = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0)), axis=-1)
    corners += rng.uniform(-0.3, 0.3, corners.shape)
    corners = np.array([110.0, 34.5]) + side * corners
    ring = [corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]]
    rings = np.stack([*ring, ring[0]], axis=2).reshape(-1, 5, 2)
    return np.asarray(shapely.polygons(rings))


def on_borders(grids: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    """Corners, and places as near the middle of edges as doubles come."""
    corners = shapely.get_coordinates(grids)
    some = rng.choice(len(corners) - 1, count)
    share = rng.choice([0.25, 0.5, 0.75], (count, 1))
    return np.concatenate([corners[some], corners[some] * (1 - share) + corners[some + 1] * share])


@pytest.mark.parametrize("seed", range(3))
def test_every_point_goes_where_geos_has_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grids = crooked(rng, 20, 12, 0.005)
    grids = grids[rng.random(len(grids)) < 0.9]  # some ground is nobody's
    free = rng.uniform([109.98, 34.48], [110.12, 34.58], (20_000, 2))
    x, y = np.concatenate([free, on_borders(grids, rng, 3000)]).T
    found = assign(index_for_assignment(grids), x, y)
    assert np.array_equal(found, by_geos(grids, x, y))
    assert 0 < np.count_nonzero(found < 0) < len(x) / 2


def test_of_grids_that_overlap_the_first_wins() -> None:
    grids = np.array([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)], dtype=object)
    index = index_for_assignment(grids)
    assert assign(index, np.array([4.0, 7.0, 12.0]), np.full(3, 5.0)).tolist() == [0, 0, 1]
    turned = index_for_assignment(grids[::-1].copy())
    assert assign(turned, np.array([4.0, 7.0, 12.0]), np.full(3, 5.0)).tolist() == [1, 0, 0]


def test_a_hole_is_not_held_but_its_rim_is() -> None:
    ring = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior, [shapely.box(4, 4, 6, 6).exterior])
    index = index_for_assignment(np.array([ring], dtype=object))
    assert assign(index, np.array([5.0, 4.0, 3.9]), np.full(3, 5.0)).tolist() == [-1, 0, 0]


def test_grids_of_several_parts_and_missing_ones() -> None:
    both = shapely.union_all([shapely.box(0, 0, 1, 1), shapely.box(3, 0, 4, 1)])
    index = index_for_assignment(np.array([None, shapely.Polygon(), both], dtype=object))
    assert assign(index, np.array([0.5, 2.0, 3.5]), np.full(3, 0.5)).tolist() == [2, -1, 2]


def test_what_is_no_number_lies_nowhere() -> None:
    index = index_for_assignment(np.array([shapely.box(0, 0, 1, 1)], dtype=object))
    x = np.array([np.nan, np.inf, 0.5])
    assert assign(index, x, np.array([0.5, 0.5, -np.inf])).tolist() == [-1, -1, -1]


def test_no_grids_hold_nothing() -> None:
    index = index_for_assignment(np.empty(0, dtype=object))
    assert assign(index, np.zeros(2), np.zeros(2)).tolist() == [-1, -1]


def test_lines_are_refused() -> None:
    with pytest.raises(GeometryError, match="grids"):
        index_for_assignment(np.array([shapely.LineString([(0, 0), (1, 1)])], dtype=object))


def test_the_side_of_a_line_is_exact_where_doubles_are_not() -> None:
    # With fractions of whole numbers Python computes the determinant without any rounding.
    from fractions import Fraction

    rng = np.random.default_rng(3)
    differing = 0
    for _ in range(3000):
        a, b = rng.uniform(12.0, 24.0, (2, 2))
        share = rng.integers(1, 64) / 64
        c = a * (1 - share) + b * share + rng.integers(-2, 3, 2) * np.spacing(24.0)
        ax, ay, bx, by, cx, cy = (Fraction(float(v)) for v in (*a, *b, *c))
        exact = (ax - cx) * (by - cy) - (ay - cy) * (bx - cx)
        plain = (a[0] - c[0]) * (b[1] - c[1]) - (a[1] - c[1]) * (b[0] - c[0])
        assert orientation(tuple(a), tuple(b), tuple(c)) == (exact > 0) - (exact < 0)
        differing += np.sign(plain) != (exact > 0) - (exact < 0)
    assert differing > 0
