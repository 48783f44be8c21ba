"""Never into a forbidden area: 100,000 random targets, judged by projecting what stands there."""

import numpy as np
import pytest
import shapely

from gis.aim import ASPECT, Lens, Mount, Views, aimed, views
from gis.aimlimits import FREE, ForbiddenArea, Limits, MaskedSector, entered, narrowed

MOUNT = Mount(0.0, 0.0, 12.0)
LENS = Lens(62.0, 2.5)
AREAS = [
    ForbiddenArea(shapely.box(40, 40, 62, 55), 0.0, 18.0),
    ForbiddenArea(shapely.box(-130, -25, -90, 10), 0.0, 6.0),
    ForbiddenArea(shapely.Polygon([(10, -190), (35, -150), (12, -140)]), 0.0, 30.0),
    ForbiddenArea(shapely.box(3, -9, 8, -4), 0.0, 3.0),
]
SECTOR = MaskedSector(200.0, 230.0, top_deg=-10.0, bottom_deg=40.0)
TARGETS = 100_000


def targets(rng: np.random.Generator, count: int) -> np.ndarray:
    reach, turn = rng.uniform(3, 250, count), rng.uniform(0, 2 * np.pi, count)
    return np.column_stack([reach * np.sin(turn), reach * np.cos(turn), rng.uniform(0, 4, count)])


def inside(area: ForbiddenArea, rng: np.random.Generator, count: int) -> np.ndarray:
    """Points of the prism: within its outline, from floor to ceiling, its corners among them."""
    west, south, east, north = area.outline.bounds
    spots = rng.uniform((west, south), (east, north), (count * 4, 2))
    spots = spots[shapely.contains_xy(area.outline, *spots.T)][:count]
    corners = shapely.get_coordinates(area.outline)
    spots = np.concatenate([spots, corners, corners])
    heights = rng.uniform(area.floor_m, area.ceiling_m, len(spots))
    heights[-len(corners) :], heights[-2 * len(corners) : -len(corners)] = (
        area.ceiling_m,
        area.floor_m,
    )
    return np.column_stack([spots, heights])


def shown(view: Views, spot: np.ndarray) -> np.ndarray:
    """Whether each picture shows a point: rotation matrices, no angle of the code under test."""
    east, north, up = spot - [MOUNT.x, MOUNT.y, MOUNT.height_m]
    azimuth, tilt = np.radians(view.azimuth_deg), np.radians(view.tilt_deg)
    right = east * np.cos(azimuth) - north * np.sin(azimuth)
    level = east * np.sin(azimuth) + north * np.cos(azimuth)
    ahead = level * np.cos(tilt) - up * np.sin(tilt)
    down = -level * np.sin(tilt) - up * np.cos(tilt)
    half = np.tan(np.radians(view.fov_deg) / 2.0)
    is_in = (np.abs(right) <= half * ahead) & (np.abs(down) <= half * ahead / ASPECT)
    return is_in & (ahead > 0.0)


def test_no_picture_of_100_000_random_targets_shows_a_forbidden_area() -> None:
    rng = np.random.default_rng(20261122)
    spots = targets(rng, TARGETS)
    wanted, _ = aimed(MOUNT, LENS, spots, width_m=rng.uniform(3, 40, TARGETS))
    limits = Limits(AREAS, [SECTOR], error_deg=1.0)
    given, reached = narrowed(MOUNT, wanted, LENS, limits)
    free = reached == FREE
    final = given.chosen(free)
    # The head may stand a degree off: judged at the end of its error, on a random side.
    turn = rng.uniform(0, 2 * np.pi, len(final))
    off = Views(
        final.azimuth_deg + 0.99 * np.sin(turn) / np.cos(np.radians(final.tilt_deg)),
        np.clip(final.tilt_deg + 0.99 * np.cos(turn), -90, 90),
        final.fov_deg,
    )
    entries = np.zeros(len(final), dtype=bool)
    for area in AREAS:
        for spot in inside(area, rng, 6):
            entries |= shown(final, spot)
            entries |= shown(off, spot)
    azimuth, tilt = np.meshgrid(np.linspace(200, 230, 4), np.linspace(-10, 40, 4))
    for a, d in zip(np.radians(azimuth.ravel()), np.radians(tilt.ravel()), strict=True):
        ray = 100.0 * np.array([np.sin(a) * np.cos(d), np.cos(a) * np.cos(d), -np.sin(d)])
        entries |= shown(final, ray + np.array([MOUNT.x, MOUNT.y, MOUNT.height_m]))
    zoomed = int(np.sum(given.fov_deg[free] < wanted.fov_deg[free]))
    print(f"{TARGETS} targets: {free.sum()} aimed, {zoomed} of them zoomed in, 0 expected entries")
    assert int(entries.sum()) == 0
    assert free.sum() > TARGETS / 2
    assert zoomed > 1000


def test_a_target_within_a_forbidden_area_is_refused_at_any_zoom() -> None:
    rng = np.random.default_rng(2)
    for number, area in enumerate(AREAS):
        spots = inside(area, rng, 20)[:20]
        wanted, _ = aimed(MOUNT, LENS, spots, width_m=10.0)
        _, reached = narrowed(MOUNT, wanted, LENS, Limits(AREAS))
        assert np.all(reached >= 0), number


def test_a_view_over_the_roof_of_an_area_is_free() -> None:
    low = Limits([ForbiddenArea(shapely.box(-10, 50, 10, 60), 0.0, 3.0)], range_m=300.0)
    above = views(0.0, -10.0, 10.0)  # looks up: its lower edge rises by 7 degrees
    assert entered(MOUNT, above, low)[0] == FREE
    at_it = views(0.0, 12.0, 10.0)
    assert entered(MOUNT, at_it, low)[0] == 0


def test_an_area_beyond_range_counts_once_the_zoom_shows_it() -> None:
    far = Limits([ForbiddenArea(shapely.box(-20, 900, 20, 940), 0.0, 10.0)], range_m=300.0)
    level = views(0.0, 0.5, [60.0, 3.0])
    # 1920 px over 60 degrees show 20 px/m up to 83 m, over 3 degrees up to 1833 m.
    assert entered(MOUNT, level, far).tolist() == [FREE, 0]


def test_a_view_that_holds_the_nadir_meets_whatever_lies_round_the_pole() -> None:
    down = views(90.0, 85.0, 60.0)
    assert entered(MOUNT, down, Limits(AREAS))[0] == 3
    assert entered(MOUNT, down, Limits((), [MaskedSector(270.0, 280.0, 60.0, 90.0)]))[0] == 0


@pytest.mark.parametrize(("azimuth", "free"), [(180.0, True), (184.0, False), (246.0, True)])
def test_a_masked_sector_is_kept_out_of_the_whole_picture(azimuth: float, free: bool) -> None:
    reached = entered(MOUNT, views(azimuth, 0.0, 30.0), Limits((), [MaskedSector(198.0, 230.0)]))
    assert bool(reached[0] == FREE) is free


def test_a_masked_sector_may_cross_north() -> None:
    limits = Limits((), [MaskedSector(350.0, 10.0)])
    assert entered(MOUNT, views([0.0, 30.0, 330.0], 0.0, 10.0), limits).tolist() == [0, -1, -1]
