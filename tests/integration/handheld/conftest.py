"""A unit of the first village with its worker signed in."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

WEST_VILLAGE = 610522101201


@dataclass(frozen=True, slots=True)
class Worker:
    """A handheld's client, and the unit it speaks for."""

    client: httpx.Client
    unit_id: int

    def duty(self, on: bool, at: str | None = None) -> httpx.Response:
        return self.client.post("/api/handheld/duty", json={"on": on, "at": at})


@pytest.fixture
def worker_of(client, land) -> Callable[..., Worker]:
    """Return `worker_of(code)`: a worker with a unit whose home is the village's south grid."""

    def make(code: str = "W1", division: int = WEST_VILLAGE) -> Worker:
        signed_in = client("worker", division)
        user_id = signed_in.get("/api/session").json()["user"]["id"]
        [(unit_id,)] = land.run(
            "INSERT INTO units (set_name, code, name, kind, division_code, user_id)"
            " VALUES ('t', %s, %s, 'grid_worker', %s, %s) RETURNING id",
            *(code, f"力量{code}", division, user_id),
        )
        land.run(
            "INSERT INTO unit_grids SELECT %s, id FROM grids WHERE set_name = 'basic'"
            " AND code = %s",
            *(unit_id, f"{division}001"),
        )
        return Worker(signed_in, int(str(unit_id)))

    return make
