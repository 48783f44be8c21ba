"""The radius of a density band agrees with the density itself."""

import numpy as np
import pytest

from gis.density import PLANNING_PX_PER_M, band_reach
from gis.errors import ArgumentError
from gis.optics import pixels_per_m
from gis.poses import PoseColumns, build_poses


def poses(**columns):
    given = {"camera_index": [1], "x": 0.0, "y": 0.0, "height_m": 6.0, "azimuth_deg": 0.0}
    return build_poses(
        PoseColumns(**{**given, "fov_deg": 67.7, "range_m": 500.0, "width_px": 1920.0, **columns})
    )


def test_the_density_at_the_radius_is_the_band() -> None:
    radius = band_reach(poses()).certain_m[0]
    slant = np.hypot(radius, 6.0 - 1.5)
    assert pixels_per_m(1920.0, 67.7, slant) == pytest.approx(PLANNING_PX_PER_M, rel=1e-12)


def test_a_band_never_reaches_beyond_the_range() -> None:
    assert band_reach(poses(range_m=30.0)).possible_m.max() == 30.0


def test_a_band_nearer_than_the_lens_is_high_is_nowhere() -> None:
    # 250 px/m with this lens end 5.7 m from it; the target lies 8.5 m below.
    assert band_reach(poses(height_m=10.0)).certain_m[0, -1] == 0.0


def test_an_uncertain_field_of_view_reaches_less_for_sure_and_more_perhaps() -> None:
    sure, loose = band_reach(poses()), band_reach(poses(fov_error_deg=30.0))
    assert np.all(loose.certain_m < sure.certain_m)
    assert np.all(loose.possible_m > sure.possible_m)


def test_a_dome_is_judged_by_one_picture_of_it() -> None:
    dome = band_reach(poses(fov_deg=360.0, lens_deg=67.7))
    assert dome.certain_m == pytest.approx(band_reach(poses()).certain_m)


def test_an_unknown_picture_width_reaches_no_band() -> None:
    assert band_reach(poses(width_px=np.nan)).possible_m.max() == 0.0


@pytest.mark.parametrize("bands", [[40.0, 20.0], [0.0], [-1.0, 2.0]])
def test_bands_that_do_not_ascend_are_refused(bands) -> None:
    with pytest.raises(ArgumentError, match="px_per_m"):
        band_reach(poses(), bands)
