"""Ground for the map: by hand, and against the exact figures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import box

from gis.errors import ArgumentError
from gis.exactcover import plot_figures, plots_of
from gis.exactgrounds import SLIVER_M2, exact_grounds

_SPEC = importlib.util.spec_from_file_location(
    "exact_cover_cases", Path(__file__).with_name("test_exact_cover.py")
)
assert _SPEC is not None and _SPEC.loader is not None
cases = importlib.util.module_from_spec(_SPEC)
sys.modules["exact_cover_cases"] = cases
_SPEC.loader.exec_module(cases)


def test_ground_falls_into_its_parts_by_hand():
    # 10 x 10 with a house of 2 x 2; views of x < 4 and 3 < x < 7, and perhaps x > 8.
    grounds = cases.looking_at(
        box(0, 0, 4, 10),
        box(3, 0, 7, 10),
        possible=[box(8, 0, 10, 10), shapely.Polygon()],
    )
    plots = plots_of(cases.subjects(box(0, 0, 10, 10)), cases.array(box(1, 1, 3, 3)))
    drawn = exact_grounds(grounds, plots)
    house = box(1, 1, 3, 3)
    expected = (
        (drawn.certain, box(0, 0, 7, 10).difference(house)),
        (drawn.one, shapely.union(box(0, 0, 3, 10), box(4, 0, 7, 10)).difference(house)),
        (drawn.none, box(7, 0, 8, 10)),
    )
    for shapes, shape in expected:
        assert shapes[0, 0].geom_type == "MultiPolygon"
        assert shapes[0, 0].symmetric_difference(shape).area < 1e-3


def test_subject_that_nobody_sees_is_all_none():
    plots = plots_of(cases.subjects(box(0, 0, 5, 5)), cases.NO_BUILDINGS)
    drawn = exact_grounds(cases.looking_at(box(20, 20, 30, 30)), plots)
    assert drawn.certain[0, 0].is_empty and drawn.one[0, 0].is_empty
    assert drawn.none[0, 0].area == pytest.approx(25.0)


def test_band_that_was_not_counted_is_refused():
    plots = plots_of(cases.subjects(box(0, 0, 5, 5)), cases.NO_BUILDINGS)
    with pytest.raises(ArgumentError):
        exact_grounds(cases.looking_at(box(0, 0, 1, 1)), plots, (33.0,))


@pytest.mark.parametrize("seed", range(4))
def test_areas_are_those_of_the_figures_and_free_of_crumbs(seed):
    houses, obstacles, poses = cases.scene(seed)
    grounds = cases.seen(obstacles, poses)
    plots = plots_of(cases.quarters(), houses)
    figures, drawn = plot_figures(grounds, plots), exact_grounds(grounds, plots)
    certain, possible, one, _ = np.moveaxis(figures.seen[0], -1, 0)
    none = figures.totals[0][:, None] - certain - possible
    for shapes, amounts in ((drawn.certain, certain), (drawn.one, one), (drawn.none, none)):
        assert shapely.is_valid(shapes).all()
        # Snapping by 0.1 mm along some kilometres of border, and crumbs.
        np.testing.assert_allclose(shapely.area(shapes), amounts, atol=0.3)
        assert (shapely.area(shapely.get_parts(shapes.ravel())) >= SLIVER_M2).all()
    assert (shapely.area(shapely.intersection(drawn.certain, drawn.none)) < 1e-2).all()
