"""On the way between two lawful views nothing forbidden is shown: random moves, judged by pictures.

The pictures of a way are taken where its axes run at random speeds, and judged by projecting points
of what is forbidden, as in test_aim_limits.
"""

import numpy as np
import pytest
import shapely

from gis.aim import Lens, Views, aimed, views
from gis.aimhead import Axes, HeadModel, Span, positions_of, spherical_head, views_of
from gis.aimlimits import FREE, ForbiddenArea, Limits, MaskedSector, narrowed
from gis.aimsweep import ring_entered, route, swept

from .test_aim_limits import AREAS, LENS, MOUNT, SECTOR, inside, shown, targets

MOVES = 100_000
ROUTES = 250
DEGREES = Axes(Span(-180.0, 180.0), Span(-90.0, 20.0), Span(0.0, 1.0))


def bent_head() -> HeadModel:
    """A generic head: its gear is bent, its axis leans, its middle looks to 37 degrees."""
    axes = Axes(Span(-1.0, 1.0), Span(-1.0, 1.0), Span(0.0, 1.0))
    half = np.log(np.tan(np.radians([62.0, 2.5]) / 2.0))
    numbers = [37.0, 172.0, 2.0, -34.0, 52.0, 1.5, 1.2, -0.8, half[0], half[1] - half[0], 0.0]
    return HeadModel(np.array(numbers), np.zeros((11, 11)), axes)


def lawful(head: HeadModel, limits: Limits, rng: np.random.Generator, count: int) -> np.ndarray:
    """Positions of pictures that may be shown."""
    wanted, _ = aimed(MOUNT, LENS, targets(rng, count), width_m=rng.uniform(3, 40, count))
    given, reached = narrowed(MOUNT, wanted, LENS, limits)
    positions, can = positions_of(head, given)
    return positions[(reached == FREE) & can]


def on_the_way(starts: np.ndarray, ends: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One position of each move: each axis is as far as its own speed has brought it."""
    share = rng.uniform(0, 1, (len(starts), 1)) ** rng.uniform(0.2, 5.0, (len(starts), 3))
    return starts + (ends - starts) * share


def entries(seen: Views, rng: np.random.Generator, error_deg: float) -> np.ndarray:
    """Whether a picture shows a point of what is forbidden, the head off to a random side."""
    turn = rng.uniform(0, 2 * np.pi, len(seen))
    off = Views(
        seen.azimuth_deg + error_deg * np.sin(turn) / np.cos(np.radians(seen.tilt_deg)),
        np.clip(seen.tilt_deg + error_deg * np.cos(turn), -90, 90),
        seen.fov_deg,
    )
    found = np.zeros(len(seen), dtype=bool)
    for area in AREAS:
        for spot in inside(area, rng, 4):
            found |= shown(off, spot)
    azimuth, tilt = np.meshgrid(np.radians([200, 215, 230]), np.radians([-10, 10, 40]))
    for a, d in zip(azimuth.ravel(), tilt.ravel(), strict=True):
        ray = 100.0 * np.array([np.sin(a) * np.cos(d), np.cos(a) * np.cos(d), -np.sin(d)])
        found |= shown(off, ray + np.array([MOUNT.x, MOUNT.y, MOUNT.height_m]))
    return found


def test_no_picture_on_the_way_of_a_free_move_shows_what_is_forbidden() -> None:
    rng = np.random.default_rng(20261122)
    head, limits = bent_head(), Limits(AREAS, [SECTOR], error_deg=1.0)
    ends = lawful(head, limits, rng, MOVES)
    starts = rng.permutation(ends)
    near = starts + (ends - starts) * rng.uniform(0.02, 0.3, (len(ends), 1))
    starts = np.where(rng.uniform(size=(len(ends), 1)) < 0.6, near, starts)
    free = swept(MOUNT, head, starts, ends, limits) == FREE
    starts, ends = starts[free], ends[free]
    shown_on_way = np.zeros(len(ends), dtype=bool)
    for _ in range(4):
        seen = views_of(head, on_the_way(starts, ends, rng))
        shown_on_way |= entries(seen, rng, 0.99)
    print(f"{len(free)} moves, {len(ends)} of them free, {shown_on_way.sum()} show an area")
    assert int(shown_on_way.sum()) == 0
    assert len(ends) > 5_000


def test_a_way_round_is_found_and_no_leg_of_it_shows_what_is_forbidden() -> None:
    rng = np.random.default_rng(7)
    head, limits = bent_head(), Limits(AREAS, [SECTOR], error_deg=1.0)
    places = lawful(head, limits, rng, 4 * ROUTES)[: 2 * ROUTES]
    straight = round_about = refused = 0
    starts, ends = [], []
    for here, there in zip(places[0::2], places[1::2], strict=True):
        way = route(MOUNT, head, tuple(here), tuple(there), limits)
        if way.reached != FREE:
            refused += 1
            continue
        assert way.stops[-1] == pytest.approx(tuple(there))
        round_about += len(way.stops) > 1
        straight += len(way.stops) == 1
        last = here
        for stop in way.stops:
            starts.append(last)
            ends.append(np.array(stop))
            last = np.array(stop)
    print(f"{straight} straight, {round_about} round about, {refused} refused")
    assert round_about > ROUTES / 10
    for _ in range(30):
        seen = views_of(head, on_the_way(np.array(starts), np.array(ends), rng))
        assert not np.any(entries(seen, rng, 0.99))


def test_a_wide_picture_that_passes_an_area_goes_over_it_or_under_it() -> None:
    head = spherical_head(DEGREES, widest_deg=60.0, narrowest_deg=4.0)
    # 3 m high, 60 m north: from 12 m up it lies 8.5 to 11.3 degrees down.
    wall = Limits([ForbiddenArea(shapely.box(-5, 58, 5, 60), 0.0, 3.0)], error_deg=0.5)
    here, there = (-60.0, -10.0, 0.8), (60.0, -10.0, 0.8)
    assert swept(MOUNT, head, np.array([here]), np.array([there]), wall)[0] == 0
    way = route(MOUNT, head, here, there, wall)
    assert way.reached == FREE
    assert len(way.stops) > 1
    assert way.stops[-1] == there
    assert max(abs(tilt + 10.0) for _, tilt, _ in way.stops) > 5.0


def test_a_sector_masked_from_bottom_to_top_has_no_way_round() -> None:
    head = spherical_head(DEGREES, widest_deg=60.0, narrowest_deg=4.0)
    fence = Limits((), [MaskedSector(350.0, 10.0), MaskedSector(170.0, 190.0)])
    way = route(MOUNT, head, (-60.0, -10.0, 0.5), (60.0, -10.0, 0.5), fence)
    assert way.reached == 0


def test_a_turn_of_more_than_half_goes_in_parts_so_that_no_head_takes_the_other_way() -> None:
    head = spherical_head(DEGREES, widest_deg=60.0, narrowest_deg=4.0)
    south = Limits((), [MaskedSector(170.0, 190.0)])
    here, there = (-160.0, -10.0, 0.9), (160.0, -10.0, 0.9)
    assert swept(MOUNT, head, np.array([here]), np.array([there]), south)[0] == FREE
    way = route(MOUNT, head, here, there, south)
    assert way.reached == FREE
    pans = [here[0], *(stop[0] for stop in way.stops)]
    assert max(np.abs(np.diff(pans))) <= 170.0


def test_a_head_that_stands_in_what_is_forbidden_may_leave_it() -> None:
    head = spherical_head(DEGREES, widest_deg=60.0, narrowest_deg=4.0)
    front = Limits((), [MaskedSector(340.0, 20.0, -20.0, 40.0)])
    way = route(MOUNT, head, (0.0, -10.0, 0.0), (90.0, -10.0, 0.8), front)
    assert way.reached == FREE
    assert way.stops[-1] == (90.0, -10.0, 0.8)


def test_a_head_of_unknown_positions_is_judged_all_round() -> None:
    behind = Limits((), [MaskedSector(170.0, 190.0, 0.0, 20.0)])
    start = views([10.0, 10.0], [10.0, 40.0], 20.0)
    end = views([30.0, 30.0], [15.0, 60.0], 20.0)
    assert ring_entered(MOUNT, start, end, behind).tolist() == [0, FREE]


@pytest.mark.parametrize("pan", [0.0, 150.0])
def test_one_position_is_judged_as_its_picture(pan: float) -> None:
    head = spherical_head(DEGREES, widest_deg=60.0, narrowest_deg=4.0)
    at = np.array([[pan, -10.0, 0.5]])
    lens = Lens(60.0, 4.0)
    assert lens.widest_deg >= views_of(head, at).fov_deg[0]
    only = Limits((), [MaskedSector(140.0, 160.0)])
    assert swept(MOUNT, head, at, at, only)[0] == (FREE if pan == 0.0 else 0)
