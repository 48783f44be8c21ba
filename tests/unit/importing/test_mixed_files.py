"""A file of which some rows are of another reading is asked about, however well the others fit."""

import numpy as np
import pytest
import shapely
from labelled import county, layer, verdict_on, written

KNOWN = ("roads", "divisions", "grids")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("most", "some", "share"),
    [
        ("wgs84", "gcj02", 0.4),
        ("gcj02", "bd09", 0.3),
        ("wgs84", "wgs84+swapped", 0.15),
        ("epsg:4524", "epsg:4525", 0.2),
        ("epsg:4545", "epsg:4524", 0.1),
    ],
)
def test_rows_of_two_readings_are_never_taken_for_one(most: str, some: str, share: float) -> None:
    cameras, _ = layer("cameras")
    chosen = cameras[np.random.default_rng(5).permutation(len(cameras))[:300]]
    cut = int(len(chosen) * share)
    rows = np.concatenate([written(chosen[:cut], some), written(chosen[cut:], most)])
    verdict, _ = verdict_on(rows, {}, county(KNOWN), most)
    assert not verdict.is_sure, verdict.ranked[0]


def test_a_single_stray_row_does_not_make_a_file_mixed() -> None:
    cameras, _ = layer("cameras")
    rows = np.append(written(cameras[:200], "gcj02"), shapely.Point(0, 0))
    verdict, _ = verdict_on(rows, {}, county(KNOWN), "gcj02")
    assert verdict.is_sure and verdict.ranked[0].suspect.reading.name == "gcj02"
