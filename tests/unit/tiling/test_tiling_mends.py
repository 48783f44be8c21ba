"""Mends of broken tilings: clean afterwards, nothing else touched, ground kept."""

import numpy as np
import pytest
import shapely

from gis.tiling import TilingFaults, check_tiling
from gis.tilingmends import Mend, MendedTiling, mend_tiling
from tests.unit.tiling.brokentilings import (
    broken,
    city_plots,
    gaps_by_union,
    needs_data,
    overlaps_by_overlay,
    squares,
)


def all_mends(faults: TilingFaults) -> list[Mend]:
    mends = [Mend("overlap", (o.a, o.b), o.spot.shape) for o in faults.overlaps]
    mends += [Mend("gap", gap.neighbours, gap.spot.shape) for gap in faults.gaps]
    slivers = [piece for piece in faults.pieces if piece.spot.is_sliver]
    return mends + [Mend("sliver", (p.row,), p.spot.shape) for p in slivers]


def after(tiles: np.ndarray, mended: MendedTiling) -> np.ndarray:
    result = tiles.copy()
    for row, shape in mended.changed.items():
        result[row] = None if shape.is_empty else shape
    return result


def shifted_middle() -> np.ndarray:
    tiles = squares(3, 3)
    tiles[4] = shapely.transform(tiles[4], lambda xy: xy + np.array([0.0005, 0.0]))
    return tiles


@needs_data
@pytest.mark.parametrize("seed", range(5))
def test_a_broken_city_is_clean_after_all_mends(seed: int) -> None:
    tiles = broken(city_plots(), np.random.default_rng(100 + seed), 60)
    faults = check_tiling(tiles)
    assert faults.overlaps
    assert faults.gaps
    result = after(tiles, mend_tiling(tiles, all_mends(faults), plane=faults.plane))
    again = check_tiling(result)
    assert (again.overlaps, again.gaps) == ((), ())
    metric = faults.plane.to_metric(result)
    assert overlaps_by_overlay(metric) == {}
    assert gaps_by_union(metric) == []
    # Mending moves borders and nothing more: in degrees, where it is done, no ground is lost.
    before = shapely.union_all(tiles)
    filled = shapely.union_all([shapely.Polygon(p.exterior) for p in shapely.get_parts(before)])
    square_degree_m2 = 111_195**2 * np.cos(np.radians(37.76))
    assert shapely.area(result).sum() * square_degree_m2 == pytest.approx(
        filled.area * square_degree_m2, abs=0.1
    )


def test_an_overlap_goes_to_the_grid_named() -> None:
    tiles = shifted_middle()
    faults = check_tiling(tiles)
    (overlap,) = faults.overlaps
    for keeper, loser in ((4, 5), (5, 4)):
        mend = Mend("overlap", (4, 5), overlap.spot.shape, to=keeper)
        done = mend_tiling(tiles, [mend], plane=faults.plane)
        assert done.owners == ((keeper,),)
        assert done.changed[loser].area == pytest.approx(
            tiles[loser].area - shapely.intersection(tiles[4], tiles[5]).area, rel=1e-6
        )


def test_a_gap_goes_to_the_neighbour_with_the_longest_border() -> None:
    tiles = shifted_middle()
    faults = check_tiling(tiles)
    (gap,) = faults.gaps
    done = mend_tiling(tiles, [Mend("gap", gap.neighbours, gap.spot.shape)], plane=faults.plane)
    # The strip is 10 times as high as wide; west and east of it lie grids 3 and 4.
    assert done.owners in (((3,),), ((4,),))
    assert check_tiling(after(tiles, done)).gaps == ()


def test_what_is_not_chosen_stays_as_it_is() -> None:
    tiles = shifted_middle()
    faults = check_tiling(tiles)
    (gap,) = faults.gaps
    done = mend_tiling(tiles, [Mend("gap", gap.neighbours, gap.spot.shape)], plane=faults.plane)
    left = check_tiling(after(tiles, done))
    assert [(o.a, o.b) for o in left.overlaps] == [(4, 5)]
    assert left.overlaps[0].spot.area_m2 == pytest.approx(faults.overlaps[0].spot.area_m2, abs=1e-3)


def test_corners_that_stay_keep_every_bit() -> None:
    tiles = shifted_middle()
    faults = check_tiling(tiles)
    done = mend_tiling(tiles, all_mends(faults), plane=faults.plane)
    known = {tuple(xy) for xy in shapely.get_coordinates(tiles).tolist()}
    kept = [xy for shape in done.changed.values() for xy in shapely.get_coordinates(shape).tolist()]
    # New corners are where two borders cross: the shifted square crosses none but in corners.
    assert sum(tuple(xy) in known for xy in kept) >= len(kept) - 4


def test_along_a_road_the_gap_is_parted_between_both_sides() -> None:
    tiles = shifted_middle()
    faults = check_tiling(tiles)
    (gap,) = faults.gaps
    road = shapely.LineString([(110.00525, 34.49), (110.00525, 34.53)])
    done = mend_tiling(
        tiles,
        [Mend("gap", gap.neighbours, gap.spot.shape)],
        plane=faults.plane,
        lines=np.array([road], dtype=object),
    )
    assert done.owners == ((3, 4),)
    for row, limit in ((3, 2), (4, 0)):
        assert shapely.bounds(done.changed[row])[limit] == pytest.approx(110.00525, abs=1e-9)
    assert check_tiling(after(tiles, done)).gaps == ()


def test_a_sliver_goes_to_its_neighbour_and_leaves_nothing_of_itself() -> None:
    tiles = np.append(squares(1, 1), shapely.box(110.005, 34.5, 110.005001, 34.505))
    faults = check_tiling(tiles)
    done = mend_tiling(tiles, all_mends(faults), plane=faults.plane)
    assert done.owners == ((0,),)
    assert done.changed[1].is_empty


def test_a_grid_drawn_twice_is_left_alone_rather_than_swallowed() -> None:
    tiles = np.append(squares(4, 4), squares(4, 4)[5:6])
    faults = check_tiling(tiles)
    done = mend_tiling(tiles, all_mends(faults), plane=faults.plane)
    assert done.owners == ((),)
    assert done.changed == {}
