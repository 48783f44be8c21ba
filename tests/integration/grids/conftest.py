"""A planner at the API, with the words of change sets at hand."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest


class Planner:
    """A signed-in planner: changes as one calls them, answers as they come."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def grids(self, set_name: str = "basic", **asked: Any) -> dict[str, dict[str, Any]]:
        """Return the grids of a set by code, as GeoJSON features."""
        answer = self.http.get("/api/grids", params={"set": set_name, **asked})
        assert answer.status_code == 200, answer.text
        return {f["properties"]["code"]: f for f in answer.json()["features"]}

    def id_of(self, code: str, set_name: str = "basic") -> int:
        return self.grids(set_name)[code]["id"]

    def preview(self, *operations: dict[str, Any], set_name: str = "basic") -> httpx.Response:
        return self.http.post(
            "/api/grids/changes/preview",
            json={"set_name": set_name, "operations": list(operations)},
        )

    def plan(self, *operations: dict[str, Any], **more: Any) -> httpx.Response:
        told = {"set_name": "basic", "title": "调整", "reason": "户数过多", **more}
        return self.http.post("/api/grids/changes", json=told | {"operations": list(operations)})

    def act(self, change: dict[str, Any], act: str) -> httpx.Response:
        told = {"version": change["version"]}
        return self.http.post(f"/api/grids/changes/{change['id']}/{act}", json=told)

    def apply(self, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Plan and apply; return the sheet."""
        planned = self.plan(*operations, **more)
        assert planned.status_code == 201, planned.text
        applied = self.act(planned.json(), "apply")
        assert applied.status_code == 200, applied.text
        return dict(applied.json())


@pytest.fixture
def planner(land, client: Callable[..., httpx.Client]) -> Planner:
    # The neighbour county's grid meets two of ours and has no node where they part.
    land.run(
        "UPDATE grids SET geom = ST_Multi(ST_GeomFromText('POLYGON((110.08 34.5, 110.16 34.5,"
        " 110.16 34.54, 110.08 34.54, 110.08 34.52, 110.08 34.5))', 4326)) WHERE code = 'N1'"
    )
    land.run("UPDATE grids SET geom = ST_SnapToGrid(geom, 1e-9)")
    return Planner(client("planner"))


def line(*positions: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(position) for position in positions]}


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
