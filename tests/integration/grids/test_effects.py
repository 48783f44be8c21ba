"""What a preview says changes hands, counted again by plain shapely from the outlines told."""

import random
from collections import Counter
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from tests.integration.grids.conftest import line

SOUTH, NORTH = "610522101201001", "610522101201002"
EAST_SOUTH = "610522101202001"
OPEN = ("reported", "handling")
KINDS = ("places", "cameras", "open_incidents")
Spots = dict[str, list[shapely.Point]]


@pytest.fixture
def spots(land, account) -> Spots:
    """Scatter places, cameras and incidents over the western villages; return what counts."""
    account("operator")
    chance = random.Random(6)
    found: Spots = {kind: [] for kind in KINDS}
    [at_school] = land.run("SELECT ST_X(geom), ST_Y(geom) FROM places WHERE name = '柳林村小学'")
    [at_other] = land.run("SELECT ST_X(geom), ST_Y(geom) FROM places WHERE name = '桃源村小学'")
    found["places"] += [shapely.Point(*map(float, at)) for at in (at_school, at_other)]
    for k in range(240):
        lon, lat = chance.uniform(110.0, 110.04), chance.uniform(34.5, 34.54)
        village = 610522101201 if lon < 110.02 else 610522101202
        kind = KINDS[k % 3]
        if kind == "cameras":
            land.add_camera(f"机{k}", lon, lat, division=village)
        elif kind == "places":
            land.run(
                "INSERT INTO places (set_name, name, initials, kind, division_code, geom) VALUES"
                " ('land', %s, 'd', 'shop', %s, ST_SetSRID(ST_Point(%s, %s), 4326))",
                *(f"点{k}", village, lon, lat),
            )
        else:
            state = chance.choice(("reported", "handling", "closed"))
            land.run(
                "INSERT INTO incidents (number, kind, severity, geom, division_code, reported_by,"
                " state, result, closed_at) SELECT %s, 'fire', 'blue',"
                " ST_SetSRID(ST_Point(%s, %s), 4326), %s, min(id), %s, 'x', now() FROM users",
                *(f"N{k}", lon, lat, village, state),
            )
            if state not in OPEN:
                continue
        found[kind].append(shapely.Point(lon, lat))
    return found


def _counted(
    before: dict[str, Any], after: dict[str, Any], spots: Spots
) -> dict[tuple[str, str], Counter[str]]:
    told: dict[tuple[str, str], Counter[str]] = {}
    for old, was in before.items():
        for new, is_now in after.items():
            ground = shape(was["geometry"]).intersection(shape(is_now["geometry"]))
            if ground.area > 1e-9:
                counts = Counter(
                    {k: int(shapely.covers(ground, v).sum()) for k, v in spots.items()}
                )
                told[old, new] = counts
    return told


@pytest.mark.parametrize("case", ["cut", "merged", "moved"])
def test_what_changes_hands_is_what_lies_on_the_ground(planner, spots: Spots, case: str) -> None:
    before = planner.grids()
    ids = {code: before[code]["id"] for code in (SOUTH, NORTH, EAST_SOUTH)}
    operation: dict[str, Any] = {
        "cut": {
            "op": "split",
            "grid_id": ids[SOUTH],
            "line": line((110.0137, 34.499), (110.0049, 34.521)),
        },
        "merged": {"op": "merge", "grid_ids": [ids[SOUTH], ids[NORTH]], "code": "M1"},
        "moved": {
            "op": "move_boundary",
            "grid_ids": [ids[SOUTH], ids[EAST_SOUTH]],
            "line": line((110.02, 34.5), (110.0261, 34.5093), (110.0158, 34.5147), (110.02, 34.52)),
        },
    }[case]
    answer = planner.preview(operation)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    after = {f["properties"]["code"]: f for f in told["after"]["features"]}
    ended = {code: before[code] for code in ids if before[code]["id"] in set(_named(operation))}
    expected = _counted(ended, after, spots)
    found = {
        (effect["before"]["code"], effect["after"]["code"]): Counter(
            {kind: effect[kind] for kind in KINDS}
        )
        for effect in told["effects"]
    }
    assert found == expected
    assert sum(sum(counts.values()) for counts in found.values()) > 40


def _named(operation: dict[str, Any]) -> list[int]:
    return operation.get("grid_ids") or [operation["grid_id"]]
