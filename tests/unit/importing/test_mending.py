"""Shapes judged row by row, and polygons put right within their time."""

import math
import time

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from gis.crs import decide_placement
from gis.faults import FileRefused
from gis.mending import MendingLimits, mend_polygons
from gis.shapes import Judged, ShapeLimits, Wanted, judge_shapes

WGS84 = decide_placement("EPSG:4326", None)
SQUARE = shapely.box(110.0, 34.0, 110.01, 34.01)
BOW_TIE = shapely.Polygon([(110, 34), (110.01, 34.01), (110.01, 34), (110, 34.01)])


def _judge(
    *shapes: BaseGeometry | None, wanted: Wanted = "polygon", vertices: int = 1000
) -> Judged:
    column = np.array([*shapes, None], dtype=object)[:-1]
    limits = ShapeLimits(vertices=vertices, parts=50, mending=MendingLimits(0.4, 5.0))
    unreadable = np.zeros(len(column), dtype=bool)
    return judge_shapes(column, unreadable, WGS84, wanted=wanted, limits=limits)


def _star(points: int) -> shapely.Polygon:
    """A ring that crosses itself about points squared over two times."""
    step = points // 2 - 1
    turns = (2 * math.pi * step * k / points for k in range(points))
    return shapely.Polygon([(110 + 0.01 * math.cos(t), 34 + 0.01 * math.sin(t)) for t in turns])


def test_a_bow_tie_keeps_both_its_halves() -> None:
    judged = _judge(SQUARE, BOW_TIE)
    assert judged.faults == ()
    assert [row.row for row in judged.mended] == [2]
    # Two triangles with base and height of 0.01 and 0.005 degrees.
    assert judged.shapes[1].area == pytest.approx(2 * 0.5 * 0.01 * 0.005)
    assert judged.shapes[1].is_valid


def test_an_ambiguous_ring_is_refused_rather_than_changed() -> None:
    # A seven-pointed star: whether its core is inside depends on the rule.
    assert [fault.code for fault in _judge(SQUARE, _star(7)).faults] == ["geometry.changed"]


def test_a_tangle_gets_its_verdict_in_time() -> None:
    began = time.monotonic()
    judged = _judge(SQUARE, _star(901))
    assert time.monotonic() - began < 2.0  # 0.4 s for the ring, the rest for a busy machine
    assert [(fault.row, fault.code) for fault in judged.faults] == [(2, "geometry.tangled")]


def test_a_tangle_does_not_take_its_neighbours_with_it() -> None:
    polygons = np.array([BOW_TIE, _star(901), BOW_TIE], dtype=object)
    results = mend_polygons(polygons, negligible=0.0, limits=MendingLimits(0.4, 5.0))
    assert [result.fault for result in results] == ["", "tangled", ""]


def test_every_kind_of_bad_row_has_its_reason_and_place() -> None:
    with np.errstate(invalid="ignore"):
        nan_ring = shapely.transform(SQUARE, lambda xy: np.where(xy == 34.01, math.nan, xy))
    wide = shapely.box(-179.0, 10.0, 179.0, 20.0)
    many = shapely.Point(110, 34).buffer(0.01, quad_segs=400)
    judged = _judge(SQUARE, None, shapely.Polygon(), shapely.Point(1, 2), nan_ring, wide, many)
    assert [(fault.row, fault.code) for fault in judged.faults] == [
        (2, "geometry.missing"),
        (3, "geometry.empty"),
        (4, "geometry.wrong_kind"),
        (5, "geometry.not_finite"),
        (6, "geometry.antimeridian"),
        (7, "geometry.too_many_vertices"),
    ]
    assert (judged.faults[2].lon, judged.faults[2].lat) == (1.0, 2.0)


def test_a_few_rows_out_of_range_are_refused_one_by_one() -> None:
    judged = _judge(shapely.Point(110, 34), shapely.Point(110, 95), wanted="point")
    assert [(f.row, f.code, f.lat) for f in judged.faults] == [(2, "coordinate.out_of_range", 95.0)]


def test_a_file_of_metres_under_degrees_is_refused_with_its_first_rows() -> None:
    metres = [shapely.Point(500_000 + k, 3_765_000) for k in range(8)]
    with pytest.raises(FileRefused) as refused:
        _judge(*metres, wanted="point")
    assert refused.value.code == "crs.mismatch"
    assert [row["row"] for row in refused.value.detail["rows"]] == [1, 2, 3, 4, 5]


def test_heights_of_vertices_are_dropped() -> None:
    line = shapely.LineString([(110, 34, 5), (110.1, 34, 6)])
    assert not _judge(line, wanted="line").shapes[0].has_z
