"""Calibration of heads: landmarks seen by a hidden head, made by formulas of this file alone."""

import math

import numpy as np
import pytest

from gis.aim import views
from gis.aimfit import Observations, Prior, fit_head
from gis.aimhead import (
    Axes,
    HeadModel,
    Span,
    direction_error_deg,
    positions_of,
    spherical_head,
    views_of,
)
from gis.errors import CalibrationError

GENERIC = Axes(Span(-1, 1), Span(-1, 1), Span(0, 1))
PRIOR = Prior.generic(widest_deg=60.0, narrowest_deg=5.0)


def hidden(pan: float, tilt: float, zoom: float, way: float = 1.0) -> tuple[float, float, float]:
    """Azimuth, elevation, field of a head nobody told us about."""
    azimuth = 37.0 + way * 171.0 * pan + 2.0 * math.sin(math.pi * pan)
    return azimuth, -36.0 + 48.0 * tilt + 1.5 * tilt**2, 62.0 * (4.0 / 62.0) ** zoom


def observed(rng, count: int, *, way: float = 1.0, noise_deg: float = 0.05) -> Observations:
    """Landmarks that the head was driven to, in the middle of the picture."""
    positions = np.column_stack(
        [rng.uniform(-0.9, 0.9, count), rng.uniform(-0.4, 0.7, count), rng.uniform(0, 0.5, count)]
    )
    offsets = []
    for position in positions:
        azimuth, elevation, _ = hidden(*position, way=way)
        a = math.radians(azimuth + rng.normal(0, noise_deg))
        e = math.radians(elevation + rng.normal(0, noise_deg))
        slant = rng.uniform(30, 200)
        level = slant * math.cos(e)
        offsets.append([level * math.sin(a), level * math.cos(a), slant * math.sin(e)])
    return Observations(positions, np.zeros((count, 2)), np.array(offsets), error_m=0.3)


def errors_deg(fitted, rng, *, way: float = 1.0) -> np.ndarray:
    """How far the fitted head is off, over positions that were never shown to it."""
    positions = np.column_stack(
        [rng.uniform(-0.9, 0.9, 200), rng.uniform(-0.4, 0.7, 200), np.zeros(200)]
    )
    seen = views_of(fitted.head, positions)
    truth = np.array([hidden(*position, way=way) for position in positions])
    across = (seen.azimuth_deg - truth[:, 0] + 180.0) % 360.0 - 180.0
    return np.hypot(across * np.cos(np.radians(truth[:, 1])), seen.tilt_deg + truth[:, 1])


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_a_head_is_found_from_five_landmarks_whichever_way_its_pan_runs(way: float) -> None:
    rng = np.random.default_rng(5)
    fitted = fit_head(observed(rng, 5, way=way), GENERIC, PRIOR)
    off = errors_deg(fitted, rng, way=way)
    assert np.median(off) < 1.0
    assert fitted.error_deg < 2.0


def test_three_landmarks_suffice_where_they_tell_enough() -> None:
    rng = np.random.default_rng(7)
    medians = [
        float(np.median(errors_deg(fit_head(observed(rng, 3), GENERIC, PRIOR), rng)))
        for _ in range(5)
    ]
    assert np.median(medians) < 2.0


def test_stated_errors_hold() -> None:
    rng = np.random.default_rng(11)
    held = []
    for _ in range(5):
        fitted = fit_head(observed(rng, 8), GENERIC, PRIOR)
        positions = np.column_stack([rng.uniform(-0.9, 0.9, 200), rng.uniform(-0.4, 0.7, 200)])
        positions = np.column_stack([positions, np.zeros(200)])
        truth = np.array([hidden(*position) for position in positions])
        seen = views_of(fitted.head, positions)
        across = (seen.azimuth_deg - truth[:, 0] + 180.0) % 360.0 - 180.0
        off = np.hypot(across * np.cos(np.radians(truth[:, 1])), seen.tilt_deg + truth[:, 1])
        held.append(np.mean(off <= direction_error_deg(fitted.head, positions)))
    assert np.mean(held) > 0.9


def test_the_landmark_that_contradicts_all_others_is_named() -> None:
    rng = np.random.default_rng(13)
    good = observed(rng, 8)
    offsets = good.offsets_m.copy()
    turn = math.radians(15.0)
    offsets[3, :2] = [
        offsets[3, 0] * math.cos(turn) + offsets[3, 1] * math.sin(turn),
        offsets[3, 1] * math.cos(turn) - offsets[3, 0] * math.sin(turn),
    ]
    with pytest.raises(CalibrationError) as refused:
        fit_head(Observations(good.positions, good.marks, offsets, 0.3), GENERIC, PRIOR)
    assert (refused.value.reason, refused.value.landmarks) == ("misplaced", (3,))


def test_two_landmarks_are_too_few() -> None:
    with pytest.raises(CalibrationError, match="too_few"):
        fit_head(observed(np.random.default_rng(1), 2), GENERIC, PRIOR)


def test_landmarks_of_one_picture_do_not_tell_how_far_a_pan_turns() -> None:
    """Marks off the middle are known at one position only; far from it nothing is promised."""
    rng = np.random.default_rng(3)
    ways = np.radians([[20.0, -10.0], [40.0, -20.0], [30.0, -5.0]])
    offsets = 80.0 * np.stack(
        [
            np.sin(ways[:, 0]) * np.cos(ways[:, 1]),
            np.cos(ways[:, 0]) * np.cos(ways[:, 1]),
            np.sin(ways[:, 1]),
        ],
        axis=1,
    )
    del rng
    marks = np.array([[-0.4, -0.1], [0.4, 0.4], [0.0, -0.4]])
    fitted = fit_head(Observations(np.zeros((3, 3)), marks, offsets, 0.3), GENERIC, PRIOR)
    beside = direction_error_deg(fitted.head, np.array([[0.0, 0.0, 0.0], [0.8, 0.0, 0.0]]))
    assert beside[1] > 10.0 > beside[0]


def test_marks_off_the_middle_measure_the_field() -> None:
    rng = np.random.default_rng(17)
    centred = observed(rng, 6)
    assert not fit_head(centred, GENERIC, PRIOR).field_measured


def test_positions_and_views_are_inverse_and_say_what_is_out_of_reach() -> None:
    numbers = np.array([37.0, -171.0, 2.0, -36.0, 48.0, 1.5, 0.7, -0.4, -0.5, -2.0, -0.4])
    head = HeadModel(numbers, np.zeros((11, 11)), GENERIC)
    rng = np.random.default_rng(19)
    wanted = views(rng.uniform(0, 360, 50), rng.uniform(0, 80, 50), rng.uniform(8, 50, 50))
    positions, reached = positions_of(head, wanted)
    seen = views_of(head, positions)
    turn = (seen.azimuth_deg - wanted.azimuth_deg + 180.0) % 360.0 - 180.0
    assert np.abs(turn[reached] * np.cos(np.radians(wanted.tilt_deg[reached]))).max() < 1e-3
    assert np.abs(seen.tilt_deg - wanted.tilt_deg)[reached].max() < 1e-3
    assert np.abs(seen.fov_deg - wanted.fov_deg)[reached].max() < 0.1
    assert reached.sum() > 40
    assert not positions_of(head, views(0.0, -60.0, 30.0))[1][0]


def test_degrees_of_a_device_are_degrees() -> None:
    axes = Axes(Span(-180, 180), Span(-90, 20), Span(0, 1))
    head = spherical_head(axes, widest_deg=60.0, narrowest_deg=3.0)
    seen = views_of(head, np.array([[-90.0, -30.0, 0.0], [10.0, 20.0, 1.0]]))
    assert seen.azimuth_deg == pytest.approx([270.0, 10.0])
    assert seen.tilt_deg == pytest.approx([30.0, -20.0])
    assert seen.fov_deg == pytest.approx([60.0, 3.0])
