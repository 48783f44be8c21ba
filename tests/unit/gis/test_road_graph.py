"""A network from centrelines: what meets, what does not, and that nothing gets lost or longer."""

from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from gis.errors import ArgumentError
from gis.frame import frame_for
from gis.roadgraph import RoadGraph, build_road_graph

ROOT = Path(__file__).resolve().parents[3]
COUNTY = ROOT / "data" / "shapefiles" / "roads" / "roads.shp"


def graph_of(
    *lines: list[tuple[float, float]] | shapely.Geometry, snap_m: float = 1.0
) -> RoadGraph:
    shapes = [
        one if isinstance(one, shapely.Geometry) else shapely.LineString(one) for one in lines
    ]
    return build_road_graph(np.array(shapes, dtype=object), snap_m=snap_m)


def degrees_of(graph: RoadGraph) -> list[int]:
    """Return how many edge ends each node has, ascending."""
    ends = np.concatenate([graph.source, graph.target])
    return sorted(np.bincount(ends, minlength=len(graph.node_xy)).tolist())


def test_two_roads_that_cross_become_four_edges_with_one_node_of_four() -> None:
    graph = graph_of([(0, 0), (100, 0)], [(50, -30), (50, 30)])
    assert degrees_of(graph) == [1, 1, 1, 1, 4]
    assert sorted(graph.length_m.tolist()) == [30, 30, 50, 50]
    assert sorted(graph.road.tolist()) == [0, 0, 1, 1]


def test_an_end_that_falls_short_within_the_tolerance_meets_the_road() -> None:
    touching = graph_of([(0, 0), (100, 0)], [(40, 0.9), (40, 30)])
    assert degrees_of(touching) == [1, 1, 1, 3]
    apart = graph_of([(0, 0), (100, 0)], [(40, 1.1), (40, 30)])
    assert degrees_of(apart) == [1, 1, 1, 1]
    assert apart.part_m.tolist() == [100, pytest.approx(28.9)]


def test_ends_that_miss_each_other_a_little_are_one_node() -> None:
    graph = graph_of([(0, 0), (100, 0)], [(100.5, 0.3), (200, 0)], [(100, 0.6), (100, 90)])
    assert degrees_of(graph) == [1, 1, 1, 3]


def test_a_common_stretch_is_cut_at_both_of_its_ends() -> None:
    graph = graph_of([(0, 0), (100, 0)], [(30, -10), (30, 0), (60, 0), (60, 10)])
    # the long road: 30 + 30 + 40; the other: 10 + 30 + 10
    assert sorted(graph.length_m.round(6).tolist()) == [10, 10, 30, 30, 30, 40]
    assert degrees_of(graph) == [1, 1, 1, 1, 4, 4]


def test_a_road_that_returns_to_itself_is_a_loop_on_a_stem() -> None:
    ring = [(50, 0), (80, 0), (80, 30), (50, 30), (50, 0)]
    graph = graph_of([(0, 0), *ring])
    assert sorted(graph.length_m.tolist()) == [50, 120]
    assert degrees_of(graph) == [1, 3]
    closed = graph_of(ring)
    assert (closed.source == closed.target).tolist() == [True]


def test_a_road_shorter_than_the_tolerance_joins_what_it_touches() -> None:
    graph = graph_of([(0, 0), (100, 0)], [(100, 0), (100.8, 0)], [(100.8, 0), (200, 0)])
    assert degrees_of(graph) == [1, 1, 2]
    assert len(graph) == 2


def test_missing_empty_and_infinite_roads_are_left_out() -> None:
    with np.errstate(invalid="ignore"):
        nan = shapely.LineString([(0, 0), (float("nan"), 1)])
    graph = graph_of(nan, shapely.LineString(), [(0, 0), (10, 0)])
    assert (len(graph), graph.road.tolist()) == (1, [2])
    assert len(build_road_graph(np.array([], dtype=object))) == 0


def test_a_multiline_is_as_many_roads_of_one_number() -> None:
    both = shapely.MultiLineString([[(0, 0), (10, 0)], [(0, 50), (10, 50)]])
    graph = graph_of(both)
    assert graph.road.tolist() == [0, 0]
    assert sorted(graph.part.tolist()) == [0, 1]


def test_a_height_of_a_road_does_not_matter() -> None:
    flat = graph_of([(0, 0), (100, 0)], [(50, -30), (50, 30)])
    high = graph_of(
        shapely.LineString([(0, 0, 5), (100, 0, 9)]),
        shapely.LineString([(50, -30, 0), (50, 30, 0)]),
    )
    assert high.length_m.tolist() == flat.length_m.tolist()


@pytest.mark.parametrize("snap_m", [0.0, -1.0, 51.0, float("nan")])
def test_a_tolerance_out_of_range_is_refused(snap_m: float) -> None:
    with pytest.raises(ArgumentError, match="snap_m"):
        graph_of([(0, 0), (1, 0)], snap_m=snap_m)


@pytest.fixture(scope="module")
def county() -> np.ndarray:
    shapes = pyogrio.read_dataframe(COUNTY).to_crs(4326).geometry.to_numpy()
    bounds = shapely.bounds(shapes)
    return frame_for(bounds[:, [0, 2]], bounds[:, [1, 3]]).geometry_to_metric(shapes)


def test_no_metre_of_the_county_is_lost_and_no_edge_leaves_its_road(county: np.ndarray) -> None:
    graph = build_road_graph(county)
    by_road = np.bincount(graph.road, weights=graph.length_m, minlength=len(county))
    # A road keeps its length but for ends merged within the tolerance, twice a metre at most.
    assert np.abs(by_road - shapely.length(county)).max() <= 2.0
    assert shapely.length(graph.lines) == pytest.approx(graph.length_m, abs=1e-6)
    on = shapely.distance(
        shapely.line_interpolate_point(graph.lines, 0.5, normalized=True), county[graph.road]
    )
    assert on.max() < 1e-6


def test_the_county_meets_where_geos_says_it_meets(county: np.ndarray) -> None:
    graph = build_road_graph(county, snap_m=0.01)
    noded = shapely.get_parts(shapely.unary_union(county))  # GEOS's own noding: the peer
    ends = shapely.get_point(np.repeat(noded, 2), np.tile([0, -1], len(noded)))
    xy = np.unique(shapely.get_coordinates(ends).round(3), axis=0)
    tree = shapely.STRtree(shapely.points(graph.node_xy))
    _, apart = tree.query_nearest(shapely.points(xy), return_distance=True, all_matches=False)
    assert apart.max() < 0.02
    back = shapely.STRtree(shapely.points(xy))
    _, apart = back.query_nearest(
        shapely.points(graph.node_xy), return_distance=True, all_matches=False
    )
    assert apart.max() < 0.02


def test_turning_the_land_changes_no_connection(county: np.ndarray) -> None:
    def turned(points: np.ndarray) -> np.ndarray:
        c, s = np.cos(0.7), np.sin(0.7)
        return points @ np.array([[c, s], [-s, c]]) + 1000.0

    plain, moved = build_road_graph(county), build_road_graph(shapely.transform(county, turned))
    assert len(plain) == len(moved)
    assert degrees_of(plain) == degrees_of(moved)
    assert np.sort(plain.length_m) == pytest.approx(np.sort(moved.length_m), abs=1e-5)
