"""What ground is worth: sums worked by hand, and pieces that add up to the whole."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import LineString, box

from gis.errors import ArgumentError
from gis.gapweights import NO_FACTS, GroundFacts, GroundWeights, ground_worth


def shapes(*items: shapely.Geometry) -> np.ndarray:
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


#: A school's ground 40 x 10 m, half of it west of x = 100; two incidents; a road along y = 55;
#: 200 households on 200 x 100 m.
FACTS = GroundFacts(
    place_areas=shapes(box(80, 0, 120, 10)),
    place_weights=np.array([2.0]),
    incidents=np.array([[10.0, 10.0], [150.0, 10.0], [500.0, 500.0]]),
    roads=shapes(LineString([(-50, 55), (250, 55)])),
    road_classes=np.array(["national"]),
    blocks=shapes(box(0, 0, 200, 100)),
    households=np.array([200.0]),
)


def test_weight_is_the_sum_the_docstring_states() -> None:
    worth = ground_worth(shapes(box(0, 0, 100, 100)), FACTS)
    # 10,000 m2 = 100; half of a place of weight 2 = 50; one incident = 5; 100 m of national road
    # = 3; 100 households = 1.
    assert worth.weight[0] == pytest.approx(100.0 + 50.0 + 5.0 + 3.0 + 1.0)
    assert worth.area_m2.tolist() == [10_000.0]
    assert (worth.place.tolist(), worth.place_share.tolist()) == ([0], [0.5])
    assert worth.incidents.tolist() == [1]
    assert (worth.road_classes, worth.road_m.tolist()) == (("national",), [[100.0]])
    assert worth.population.tolist() == [100.0]


def test_pieces_add_up_to_the_whole_however_it_is_cut() -> None:
    whole = ground_worth(shapes(box(0, 0, 200, 100)), FACTS)
    x, y = np.meshgrid(np.arange(0.0, 200.0, 12.5), np.arange(0.0, 100.0, 12.5))
    cells = shapely.box(x.ravel(), y.ravel(), x.ravel() + 12.5, y.ravel() + 12.5)
    assert ground_worth(cells, FACTS).weight.sum() == pytest.approx(whole.weight[0])


def test_what_weighs_nothing_does_not_count() -> None:
    weights = GroundWeights(0.0, 0.0, 1.0, {}, 0.0)
    assert ground_worth(shapes(box(0, 0, 200, 100)), FACTS, weights).weight.tolist() == [2.0]


def test_unnamed_road_class_takes_the_worth_of_the_rest() -> None:
    weights = GroundWeights(0.0, 0.0, 0.0, {"lane": 9.0, "": 2.0}, 0.0)
    assert ground_worth(shapes(box(0, 0, 200, 100)), FACTS, weights).weight[0] == pytest.approx(4.0)


def test_land_without_facts_is_worth_its_ground() -> None:
    worth = ground_worth(shapes(box(0, 0, 10, 10)), NO_FACTS)
    assert (worth.weight.tolist(), worth.road_classes, len(worth.place)) == ([1.0], (), 0)


def test_no_pieces_give_empty_columns() -> None:
    worth = ground_worth(np.empty(0, object), FACTS)
    assert (len(worth.weight), worth.road_m.shape) == (0, (0, 1))


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ArgumentError, match="households"):
        GroundFacts(
            NO_FACTS.place_areas, NO_FACTS.place_weights, NO_FACTS.incidents, NO_FACTS.roads,
            NO_FACTS.road_classes, shapes(box(0, 0, 1, 1)), np.empty(0),
        )  # fmt: skip
