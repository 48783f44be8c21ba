"""How heavy a grid is: amounts against the mean of the set, and what is unknown left out."""

import numpy as np
import pytest

from gis.errors import ArgumentError
from gis.gridload import DEFAULT_WEIGHTS, MEASURES, loads, relative_amounts

UNKNOWN = float("nan")


def test_the_mean_of_what_is_known_is_one() -> None:
    relative = relative_amounts([[300, 0], [500, 0], [UNKNOWN, 0]])
    assert relative[:2, 0].tolist() == [0.75, 1.25]  # of a mean of 400
    assert np.isnan(relative[2, 0])
    assert relative[:, 1].tolist() == [0, 0, 0]  # nobody has any


def test_a_measure_nobody_knows_weighs_nothing_for_that_grid() -> None:
    relative = [[2, 1, 1, 1, 1], [UNKNOWN, 1, 1, 1, 1], [UNKNOWN] * 5]
    heavy, average, unknown = loads(relative, DEFAULT_WEIGHTS)
    assert heavy == pytest.approx(1.4)  # (0.4 x 2 + 0.6 x 1) / 1
    assert average == pytest.approx(1.0)  # 0.6 / 0.6
    assert np.isnan(unknown)


def test_weights_need_not_add_up_to_one() -> None:
    assert loads([[4, 1, 0, 0, 0]], {"households": 1, "buildings": 2}).tolist() == [2.0]


def test_the_default_weights_name_every_measure_and_add_up() -> None:
    assert set(DEFAULT_WEIGHTS) == set(MEASURES)
    assert sum(DEFAULT_WEIGHTS.values()) == pytest.approx(1)


@pytest.mark.parametrize("weights", [{"households": -1}, {"people": 1}, {"places": UNKNOWN}])
def test_weights_that_mean_nothing_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ArgumentError):
        loads([[1, 1, 1, 1, 1]], weights)


def test_amounts_below_nothing_are_refused() -> None:
    with pytest.raises(ArgumentError):
        relative_amounts([[-1.0]])
