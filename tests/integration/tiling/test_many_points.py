"""Divisions of very many points: the same whichever way they are found."""

import numpy as np
import pytest
import shapely

from backend import db
from backend.divisions import assigning


def test_many_points_get_the_division_that_few_get(land, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    xy = rng.uniform([109.99, 34.49], [110.17, 34.55], (3000, 2))
    # On the borders of villages and towns, and on their corners.
    xy[:300, 0] = rng.choice([110.0, 110.02, 110.04, 110.06, 110.08], 300)
    xy[300:400] = [110.04, 34.5]
    points = shapely.points(xy)
    with db.begin() as session:
        few = assigning.locate(session, points)
        monkeypatch.setattr(assigning, "_MANY", 1)
        many = assigning.locate(session, points)
    assert many == few
    assert len(set(few)) == 6  # four villages, the neighbour county, nowhere
