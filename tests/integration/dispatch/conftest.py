"""Units on duty in the small land, and a dispatcher's hands."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

WEST_VILLAGE, EAST_VILLAGE = 610522101201, 610522102201
HERE = {"lon": 110.011, "lat": 34.512}
"""In village 1 (柳林村), its south grid."""


@pytest.fixture
def unit(land) -> Callable[..., int]:
    """Return `unit(code, ...)`, which adds a unit and returns its id; on duty unless told not."""

    def add(
        code: str,
        *,
        lonlat: tuple[float, float] | None = (110.012, 34.513),
        on_duty: bool = True,
        age_s: float = 5,
        skills: tuple[str, ...] = (),
        kind: str = "grid_worker",
        vehicle: str = "ebike",
        division: int = WEST_VILLAGE,
        account: str | None = None,
        grid: str | None = None,
    ) -> int:
        now = datetime.now(UTC)
        number = int(
            str(
                land.run(
                    "INSERT INTO units (code, name, kind, vehicle, skills, division_code, user_id)"
                    " VALUES (%s, %s, %s, %s, %s, %s,"
                    " (SELECT id FROM users WHERE username = %s)) RETURNING id",
                    *(code, f"力量{code}", kind, vehicle, list(skills), division, account),
                )[0][0]
            )
        )
        if on_duty:
            begun = now - timedelta(hours=1)
            land.run(
                "INSERT INTO shifts (unit_id, division_code, starts_at, source)"
                " VALUES (%s, %s, %s, 'dispatcher')",
                *(number, division, begun),
            )
        if lonlat is not None:
            hear(land, number, division, lonlat, now - timedelta(seconds=age_s))
        if grid is not None:
            land.run(
                "INSERT INTO unit_grids SELECT %s, id FROM grids WHERE code = %s", number, grid
            )
        return number

    return add


def hear(
    land: Any,
    unit_id: int,
    division: int,
    lonlat: tuple[float, float],
    at: datetime,
    accuracy_m: float = 8,
) -> None:
    """Store a fix of a unit, and its position if none is newer."""
    place = (round(lonlat[0] * 1e7), round(lonlat[1] * 1e7), round(accuracy_m * 10))
    land.run("SELECT fixes_partition((%s AT TIME ZONE 'UTC')::date)", at)
    land.run(
        "INSERT INTO fixes (unit_id, at, lon_e7, lat_e7, accuracy_dm) VALUES (%s, %s, %s, %s, %s)",
        *(unit_id, at, *place),
    )
    land.run(
        "INSERT INTO unit_positions (unit_id, division_code, at, lon_e7, lat_e7, accuracy_dm,"
        " speed_cms) VALUES (%s, %s, %s, %s, %s, %s, -1) ON CONFLICT (unit_id) DO UPDATE SET"
        " at = excluded.at, lon_e7 = excluded.lon_e7, lat_e7 = excluded.lat_e7"
        " WHERE unit_positions.at < excluded.at",
        *(unit_id, division, at, *place),
    )


@pytest.fixture
def heard(land) -> Callable[..., None]:
    """Return `heard(unit_id, lonlat, at)`, which stores a fix of a unit of the west village."""
    return lambda unit_id, lonlat, at: hear(land, unit_id, WEST_VILLAGE, lonlat, at)


@pytest.fixture
def incident(land) -> Callable[..., int]:
    """Return `incident(lonlat, by=None)`, which stores a report of fire and returns its id."""

    def add(lonlat: tuple[float, float], division: int, *, by: str | None = None) -> int:
        rows = land.run(
            "INSERT INTO incidents (number, kind, severity, geom, division_code, description,"
            " reported_by) SELECT 'YX20261121-' || count(*), 'fire', 'red',"
            " ST_SetSRID(ST_Point(%s, %s), 4326), %s, '草垛起火', coalesce("
            " (SELECT id FROM users WHERE username = %s), (SELECT min(id) FROM users))"
            " FROM incidents RETURNING id",
            *(*lonlat, division, by),
        )
        return int(str(rows[0][0]))

    return add


@pytest.fixture
def dispatcher(client, land) -> Any:
    return client("dispatcher")


@pytest.fixture
def make(dispatcher) -> Callable[..., dict[str, Any]]:
    """Return `make(...)`, which makes a task by hand at `HERE` and returns its sheet."""

    def task(**told: Any) -> dict[str, Any]:
        answer = dispatcher.post("/api/tasks", json={"title": "查看积水", **HERE, **told})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return task


@pytest.fixture
def worker(client, unit, land) -> Callable[..., tuple[Any, int]]:
    """Return `worker(code, ...)`: a grid worker's signed-in client and the id of its unit."""

    def add(code: str, *, division: int = WEST_VILLAGE, **more: Any) -> tuple[Any, int]:
        hands = client("worker", division)
        name = str(land.run("SELECT username FROM users ORDER BY id DESC LIMIT 1")[0][0])
        return hands, unit(code, division=division, account=name, **more)

    return add
