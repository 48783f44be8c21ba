"""Amounts covered once and twice by cut borders, against GEOS overlays of the same shapes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from gis.crossings import GROUND, ROAD, VIEW
from gis.depths import covered_amounts
from gis.lattice import lattice_over, lines_of, rings_of

FIELD = box(0, 0, 8, 8).difference(box(2, 2, 4, 4)).difference(box(5, 1, 6, 7))


def amounts(views, ground, roads=()):
    """Square metres seen once and twice, metres of road seen once and twice."""
    seen, field, lines = (
        rings_of(_array(views)),
        rings_of(_array([ground])),
        lines_of(_array(roads)),
    )
    lattice = lattice_over(seen, field, lines)
    above = len(views)
    groups = [
        (seen, seen.owner, VIEW),
        (field, np.full(len(field.owner), above), GROUND),
        (lines, np.full(len(lines.owner), above + 1), ROAD),
    ]
    found = covered_amounts(lattice.borders(groups))
    return [*(found[0, :2] * lattice.step_m**2), *(found[1, :2] * lattice.step_m)]


def overlaid(views, ground, roads=()):
    """The same by GEOS."""
    once = shapely.union_all(views)
    twice = shapely.union_all(
        [one.intersection(other) for i, one in enumerate(views) for other in views[:i]]
    )
    return [
        *(shape.intersection(ground).area for shape in (once, twice)),
        *(sum(road.intersection(shape).length for road in roads) for shape in (once, twice)),
    ]


def _array(shapes):
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    return array


def test_two_squares_that_overlap_by_half():
    # [0, 2] and [1, 3] by [0, 2], ground below y = 1.5: 3 x 1.5 once, 1 x 1.5 twice; a road along
    # y = 1 from -1 to 5: 3 m once, 1 m twice.
    views = [box(0, 0, 2, 2), box(1, 0, 3, 2)]
    road = LineString([(-1, 1), (5, 1)])
    assert amounts(views, box(0, 0, 10, 1.5), [road]) == pytest.approx([4.5, 1.5, 3.0, 1.0])


def test_the_same_view_twice_counts_twice_everywhere():
    views = [Polygon(box(0, 0, 6, 6).exterior, [box(1, 1, 3, 5).exterior])] * 3
    assert amounts(views, box(0, 0, 6, 3)) == pytest.approx([14.0, 14.0, 0.0, 0.0])


def test_views_that_meet_in_walls_and_corners_alone_do_not_overlap():
    views = [box(0, 0, 1, 1), box(1, 0, 2, 1), box(1, 1, 2, 2), box(0, 1, 1, 2)]
    assert amounts(views, box(0, 0, 2, 2)) == pytest.approx([4.0, 0.0, 0.0, 0.0])


def test_no_view_at_all_covers_nothing():
    assert amounts([], FIELD, [LineString([(0, 0), (8, 8)])]) == [0.0] * 4


numbers = st.integers(0, 8)
boxes = st.tuples(numbers, numbers, st.integers(1, 5), st.integers(1, 5)).map(
    lambda b: box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)
discs = st.tuples(numbers, numbers, st.floats(0.5, 4.0), st.integers(1, 4)).map(
    lambda d: shapely.Point(d[0], d[1]).buffer(d[2], quad_segs=d[3])
)
courts = st.tuples(boxes, boxes).map(lambda pair: pair[0].difference(pair[1]))
# Small whole numbers: walls on walls, corners on corners and shapes twice come up all the time.
shapes = st.one_of(boxes, discs, courts).filter(lambda shape: shape.area > 0.0)


@settings(max_examples=300, deadline=None)
@given(st.lists(shapes, min_size=1, max_size=7))
def test_areas_equal_those_of_overlays(views):
    # Corners are rounded by 4 micrometres: some 1e-5 m2 along borders of up to 200 m.
    assert amounts(views, FIELD)[:2] == pytest.approx(overlaid(views, FIELD)[:2], abs=3e-4)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(shapes, min_size=1, max_size=5),
    st.lists(st.tuples(st.floats(0, 8), st.floats(0, 8)), min_size=2, max_size=4, unique=True),
)
def test_lengths_equal_those_of_overlays(views, corners):
    # Shifted off the whole numbers: along a border either answer is right.
    road = LineString([(x * 0.97 + 0.0137, y * 0.96 + 0.0219) for x, y in corners])
    found, expected = amounts(views, FIELD, [road]), overlaid(views, FIELD, [road])
    if road.is_simple and not any(_runs_along(road, view) for view in views):
        assert found[2:] == pytest.approx(expected[2:], abs=1e-3)


def _runs_along(road, view):
    return road.intersection(view.boundary.buffer(1e-5)).length > 1e-2
