"""The labelled matrix of files of unknown origin: identified, or honestly refused, never wrong.

A candidate is right when it puts every point within 1.1 m of the truth: readings that close are
one answer by definition. 168 drawn cases and 60 of the dense kind, each with its own seed.
"""

import numpy as np
import pytest
from labelled import Case, judged

DEGREES = ("wgs84", "gcj02", "bd09", "wgs84+swapped", "gcj02+swapped", "bd09+swapped")
PACKED = ("wgs84+packed", "gcj02+packed", "bd09+dotted", "wgs84+dotted", "gcj02+minutes")
ZONES = (
    *("epsg:4545", "epsg:4545+swapped", "epsg:4524", "epsg:4524+swapped", "epsg:4546"),
    *("epsg:4544", "epsg:4525", "epsg:4508", "epsg:4497", "epsg:4509", "epsg:4498"),
    *("epsg:32648", "epsg:32649", "epsg:32649+swapped"),
)
METRES = ("web", "gcj02web", "gcj02mc", "bd09mc", "bd09mc+swapped")
FEET = ("epsg:4545+ft", "epsg:4545+usft", "epsg:32649+usft")
READINGS = (*DEGREES, *PACKED, *ZONES, *METRES, *FEET)

ALL = ("roads", "buildings", "divisions", "grids", "places")
REFERENCES = (
    ALL,
    ("roads",),
    ("buildings",),
    ("divisions", "grids"),
    ("divisions",),
    ("roads", "divisions"),
    ("places",),
)
LAYERS = ("cameras", "roads", "grids", "places", "buildings")


def drawn(seed: int, count: int) -> list[Case]:
    """Cases of every kind, size and reference, fit for each other or not."""
    chance = np.random.default_rng(seed)
    cases = []
    for number in range(count):
        reading = READINGS[number % len(READINGS)]
        # Packed degrees stand in tables, and tables hold points.
        layers = ("cameras", "places") if reading in PACKED else LAYERS
        cases.append(
            Case(
                layer=str(chance.choice(layers)),
                rows=int(chance.choice((3, 10, 30, 100, 2000))),
                reading=reading,
                reference=REFERENCES[int(chance.integers(len(REFERENCES)))],
                noise_m=float(chance.choice((0.0, 5.0))),
                has_words=bool(chance.integers(2)),
                seed=int(chance.integers(1 << 31)),
            )
        )
    return cases


def dense(seed: int, count: int) -> list[Case]:
    """Files of a hundred rows or more against a land of which all is known."""
    chance = np.random.default_rng(seed)
    readings = [name for name in READINGS if name not in FEET]
    return [
        Case(
            layer=("cameras", "roads", "places")[number % 3]
            if readings[number % len(readings)] not in PACKED
            else "cameras",
            rows=int(chance.choice((100, 300))),
            reading=readings[number % len(readings)],
            reference=("roads", "divisions", "grids", "places"),
            noise_m=float(chance.choice((0.0, 5.0))),
            has_words=False,
            seed=int(chance.integers(1 << 31)),
        )
        for number in range(count)
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [11, 12, 13, 14, 15, 16, 17])
def test_no_file_of_the_matrix_is_called_what_it_is_not(seed: int) -> None:
    sure = 0
    for case in drawn(seed, 24):
        verdict, error_m = judged(case)
        sure += verdict.is_sure
        assert not verdict.is_sure or error_m < 1.1, (case, verdict.ranked[0])
    # Most sizes and references of the draw cannot settle anything; a third of it always can.
    assert sure >= 8


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [21, 22])
def test_where_the_land_is_known_nearly_every_file_is_identified(seed: int) -> None:
    found = 0
    for case in dense(seed, 30):
        verdict, error_m = judged(case)
        assert not verdict.is_sure or error_m < 1.1, (case, verdict.ranked[0])
        found += verdict.is_sure
    assert found >= 28
