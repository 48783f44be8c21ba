"""Ground that an inspection can recognise: lanes crooked enough to fit in one place alone."""

import math
import random
from typing import Any

import pytest

Spots = list[tuple[float, float]]


@pytest.fixture
def lanes(land: Any) -> Spots:
    """Forty crooked lanes in the small county; returns points along them."""
    chance = random.Random(3)
    spots: Spots = []
    for _ in range(40):
        lon, lat = chance.uniform(110.005, 110.07), chance.uniform(34.503, 34.537)
        heading, way = chance.uniform(0, 2 * math.pi), []
        for _ in range(14):
            heading += chance.uniform(-0.6, 0.6)
            lon, lat = lon + 6e-4 * math.cos(heading), lat + 5e-4 * math.sin(heading)
            way.append((lon, lat))
        text = ", ".join(f"{x} {y}" for x, y in way)
        land.run(
            "INSERT INTO roads (set_name, road_class, geom) VALUES ('lanes', 'lane',"
            " ST_Multi(ST_GeomFromText(%s, 4326)))",
            f"LINESTRING({text})",
        )
        spots += way[1::4]
    return spots
