"""Optics against the figures of the field and of the standard."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gis.errors import ArgumentError
from gis.optics import (
    DORI_2015,
    IEC_2025,
    assumed_range_m,
    density_band,
    far_edge_m,
    field_of_view_deg,
    near_edge_m,
    pixels_per_m,
    vertical_field_deg,
)


@pytest.mark.parametrize(
    ("focal_mm", "degrees"), [(2.8, 87.6), (4.0, 67.7), (6.0, 48.0), (8.0, 37.0), (12.0, 25.0)]
)
def test_usual_lenses_on_a_half_inch_sensor(focal_mm, degrees):
    # Figures of manufacturers for 1/2.8", 5.37 mm; they round to half a degree.
    assert field_of_view_deg(5.37, focal_mm) == pytest.approx(degrees, abs=0.5)


def test_pixels_per_metre_equal_the_lens_formula() -> None:
    # N f / (w D): 1920 * 4 / (5.37 * 30) = 47.67 px/m.
    fov = field_of_view_deg(5.37, 4.0)
    assert float(pixels_per_m(1920, fov, 30.0)) == pytest.approx(1920 * 4 / (5.37 * 30))


def test_panorama_spreads_its_pixels_evenly() -> None:
    # 3840 px over 2 pi at 10 m: 3840 / 62.83.
    assert float(pixels_per_m(3840, 360, 10.0)) == pytest.approx(3840 / (20 * math.pi))


def test_assumed_range_is_where_the_density_falls_to_the_limit() -> None:
    reach = assumed_range_m([30.0, 67.7, 90.0], 1920.0, px_per_m=25.0)
    density = pixels_per_m(1920.0, [30.0, 67.7, 90.0], reach)
    np.testing.assert_allclose(density, 25.0)


def test_unknown_width_gives_unknown_density() -> None:
    assert math.isnan(float(pixels_per_m(math.nan, 90.0, 10.0)))


def test_vertical_field_of_a_wide_picture() -> None:
    # tan(45) / (16/9) = 0.5625; 2 atan(0.5625) = 58.716.
    assert vertical_field_deg(90.0) == pytest.approx(58.716, abs=1e-3)


def test_ground_edges_of_a_tilted_camera() -> None:
    # 6 m up, tilt 20, field 30: lower edge 35 below: 6 / tan 35 = 8.569;
    # upper edge 5 below: 6 / tan 5 = 68.58.
    assert near_edge_m(6.0, 20.0, 30.0) == pytest.approx(8.5689, abs=1e-4)
    assert far_edge_m(6.0, 20.0, 30.0) == pytest.approx(68.5803, abs=1e-4)
    assert far_edge_m(6.0, 15.0, 30.0) == math.inf
    assert near_edge_m(6.0, 80.0, 30.0) == 0.0


def test_bands_of_both_editions() -> None:
    assert [density_band(v, DORI_2015) for v in (24.9, 25, 62.5, 125, 250, 9999)] == [
        None,
        "detect",
        "observe",
        "recognise",
        "identify",
        "identify",
    ]
    assert [density_band(v) for v in (19, 20, 40, 80, 125, 250, 500, 1500)] == [
        None,
        *(band.name for band in IEC_2025),
    ]
    assert density_band(math.nan) is None


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan])
def test_lengths_must_be_positive(bad):
    with pytest.raises(ArgumentError):
        field_of_view_deg(5.37, bad)
