"""A withdrawn viewshed shows: the ranking offers the camera no more as one that sees."""

from typing import Any

import pytest


def answer(client: Any) -> Any:
    return client("operator").get("/api/sight", params={"lon": 110.005, "lat": 34.5057}).json()


@pytest.mark.parametrize(("fault", "reason"), [("moved", "view_moved"), ("covered", "view_blind")])
def test_a_withdrawn_camera_ranks_behind_and_tells_why(
    client, add_device, look, fault, reason
) -> None:
    near, far = add_device("近"), add_device("远", 110.0051)
    before = answer(client)["cameras"]
    assert {(c["camera_id"], c["sight"]) for c in before} == {(near, "certain"), (far, "certain")}
    first = before[0]["camera_id"]
    look(first, fault, times=2)
    after = answer(client)["cameras"]
    assert [c["sight"] for c in after] == ["certain", "blocked"]
    assert (after[1]["camera_id"], after[1]["reason"]) == (first, reason)
    assert "应看到" in after[1]["reason_text"]


def test_when_all_that_see_are_withdrawn_none_sees(client, add_device, look) -> None:
    look(add_device("门口"), "moved", times=2)
    assert answer(client)["none_sees"]
