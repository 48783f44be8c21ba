"""Faults of tilings: the same pairs and gaps as plain overlay, and nothing in clean ones."""

import numpy as np
import pytest
import shapely

from gis.errors import GeometryError
from gis.tiling import check_tiling
from tests.unit.tiling.brokentilings import (
    broken,
    city_plots,
    gaps_by_union,
    needs_data,
    overlaps_by_overlay,
    squares,
)

ROOT_M = 111_195.0


def shifted(shape: shapely.Geometry, east: float, north: float = 0.0) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([east, north]))


def test_a_clean_tiling_has_no_faults() -> None:
    faults = check_tiling(squares(20, 15))
    assert (faults.overlaps, faults.gaps, faults.pieces) == ((), (), ())


def test_no_grids_have_no_faults() -> None:
    faults = check_tiling(np.array([None, None], dtype=object))
    assert (faults.overlaps, faults.gaps, faults.pieces) == ((), (), ())


def test_a_shifted_grid_overlaps_one_neighbour_and_leaves_a_gap_to_the_other() -> None:
    tiles = squares(3, 3)
    step = 0.0005
    tiles[4] = shifted(tiles[4], step)
    faults = check_tiling(tiles)
    (overlap,) = faults.overlaps
    (gap,) = faults.gaps
    assert (overlap.a, overlap.b) == (4, 5)
    assert {3, 4} <= set(gap.neighbours)
    # The strip on the sphere; the ellipsoid and the plane differ from it by less than 0.5 %.
    strip_m2 = step * 0.005 * ROOT_M**2 * np.cos(np.radians(34.5075))
    assert overlap.spot.area_m2 == pytest.approx(strip_m2, rel=5e-3)
    assert gap.spot.ground_m2 == pytest.approx(strip_m2, rel=5e-3)
    assert shapely.intersection(tiles[4], tiles[5]).contains(
        shapely.Point(overlap.spot.lon, overlap.spot.lat)
    )


def test_a_grid_drawn_twice_overlaps_itself_whole() -> None:
    tiles = np.append(squares(4, 4), squares(4, 4)[5:6])
    (overlap,) = check_tiling(tiles).overlaps
    assert (overlap.a, overlap.b) == (5, 16)


def test_two_whole_tilings_on_each_other_overlap_everywhere() -> None:
    tiles = np.concatenate([squares(6, 6), [shifted(s, 0.001, 0.001) for s in squares(6, 6)]])
    found = {(o.a, o.b) for o in check_tiling(tiles).overlaps}
    tree = shapely.STRtree(tiles)
    one, other = tree.query(tiles, predicate="intersects")
    shared = shapely.area(shapely.intersection(tiles[one], tiles[other])) > 1e-12
    assert found == {(a, b) for a, b in zip(one[shared], other[shared], strict=True) if a < b}


def test_a_grid_over_many_finds_each_of_them() -> None:
    tiles = np.append(squares(10, 10), shapely.box(110.012, 34.512, 110.038, 34.528))
    faults = check_tiling(tiles)
    assert {overlap.b for overlap in faults.overlaps} == {100}
    assert len(faults.overlaps) == 24  # columns 2..7 by rows 2..5
    assert sum(o.spot.area_m2 for o in faults.overlaps) == pytest.approx(
        float(shapely.area(faults.plane.to_metric(tiles[-1:]))[0]), rel=1e-9
    )


def test_a_grid_left_out_is_one_gap_beside_its_eight_neighbours() -> None:
    tiles = np.delete(squares(5, 5), 12)
    (gap,) = check_tiling(tiles).gaps
    assert len(gap.neighbours) == 8
    assert (gap.spot.lon, gap.spot.lat) == pytest.approx((110.0125, 34.5125), abs=1e-6)


def test_ground_left_out_at_the_edge_is_no_gap() -> None:
    assert check_tiling(np.delete(squares(5, 5), 2)).gaps == ()


def test_a_corner_that_only_one_neighbour_has_is_no_fault() -> None:
    # 0.2 degrees long: 12 m of sagitta between the parallel and the straight line of the plane.
    long = shapely.box(110.0, 34.5, 110.2, 34.55)
    halves = [shapely.box(110.0, 34.55, 110.1, 34.6), shapely.box(110.1, 34.55, 110.2, 34.6)]
    faults = check_tiling(np.array([long, *halves], dtype=object))
    assert (faults.overlaps, faults.gaps) == ((), ())


def test_exclusive_grids_lie_on_basic_ones_but_not_on_each_other() -> None:
    campus = shapely.box(110.001, 34.501, 110.003, 34.503)
    tiles = np.concatenate([squares(3, 3), [campus, shifted(campus, 0.001)]])
    (overlap,) = check_tiling(tiles, layers=[0] * 9 + [1, 1]).overlaps
    assert (overlap.a, overlap.b) == (9, 10)


def test_a_part_apart_from_its_grid_is_told() -> None:
    tiles = squares(3, 1)
    tiles[0] = shapely.union_all([tiles[0], shapely.box(110.02, 34.5, 110.021, 34.501)])
    (piece,) = check_tiling(tiles).pieces
    assert (piece.row, piece.is_whole) == (0, False)
    assert piece.spot.lon == pytest.approx(110.0205, abs=1e-6)


def test_a_grid_of_ten_centimetres_is_a_sliver() -> None:
    tiles = np.append(squares(1, 1), shapely.box(110.005, 34.5, 110.005001, 34.505))
    (piece,) = check_tiling(tiles).pieces
    assert (piece.row, piece.is_whole, piece.spot.is_sliver) == (1, True, True)


def test_an_invalid_outline_is_refused_and_not_measured() -> None:
    bow = shapely.Polygon([(110, 34), (110.1, 34.1), (110.1, 34), (110, 34.1)])
    with pytest.raises(GeometryError, match="invalid polygon at 0"):
        check_tiling(np.array([bow], dtype=object))


def test_areas_are_those_of_the_plane_and_of_the_ground() -> None:
    tiles = np.append(squares(2, 2), shapely.box(110.002, 34.502, 110.004, 34.504))
    (overlap,) = check_tiling(tiles).overlaps
    # pyproj's geodesic area is computed on the ellipsoid, in no plane at all.
    import pyproj

    ground_m2 = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(tiles[-1])[0])
    assert overlap.spot.ground_m2 == pytest.approx(ground_m2, abs=0.05)
    # Zone 49: 111 degrees east is its meridian, where the scale is 0.9996.
    assert overlap.spot.area_m2 / ground_m2 == pytest.approx(0.9996**2, abs=3e-4)


@needs_data
def test_the_plots_of_san_francisco_are_a_clean_tiling() -> None:
    faults = check_tiling(city_plots())
    assert (faults.overlaps, faults.gaps) == ((), ())


@needs_data
@pytest.mark.parametrize("seed", range(4))
def test_faults_of_a_broken_city_are_those_of_plain_overlay(seed: int) -> None:
    tiles = broken(city_plots(), np.random.default_rng(seed), 60)
    faults = check_tiling(tiles)
    metric = faults.plane.to_metric(tiles)
    truth = overlaps_by_overlay(metric)
    mine = {(found.a, found.b): found.spot.area_m2 for found in faults.overlaps}
    assert set(mine) == set(truth)
    assert len(mine) > 50
    assert max(abs(mine[pair] - truth[pair]) for pair in truth) < 1e-3
    gaps = sorted(found.spot.area_m2 for found in faults.gaps)
    assert gaps == pytest.approx(gaps_by_union(metric), abs=1e-3)
    assert len(gaps) > 10


def test_ground_around_a_corner_on_a_border_of_many_is_no_gap() -> None:
    # The face of the sound grids has its middle on a parallel: 7 cm beside the line of the plane.
    corner = [shapely.box(110.01, 34.51, 110.02, 34.52)] * 2
    sound = [
        shapely.box(110.0, 34.5, 110.01, 34.51),
        shapely.box(110.01, 34.5, 110.02, 34.51),
        shapely.box(110.0, 34.51, 110.01, 34.52),
    ]
    faults = check_tiling(np.array(sound + corner, dtype=object))
    assert [(o.a, o.b) for o in faults.overlaps] == [(3, 4)]
    assert faults.gaps == ()


def test_a_grid_over_two_thousand_others_is_two_thousand_pairs() -> None:
    tiles = squares(50, 40)
    faults = check_tiling(np.append(tiles, shapely.box(*shapely.total_bounds(tiles))))
    assert {(o.a, o.b) for o in faults.overlaps} == {(row, 2000) for row in range(2000)}
    assert faults.gaps == ()
