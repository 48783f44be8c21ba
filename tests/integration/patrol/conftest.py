"""Units of the small land, on duty."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.patrol.windows import EIGHT


@pytest.fixture
def unit(land) -> Callable[..., int]:
    """Return `unit(code, division, on_duty=True, **columns)`, which adds a unit; gives its id."""

    def add(code: str, division: int = 610522101201, *, on_duty: bool = True, **more: Any) -> int:
        columns = {"code": code, "name": f"力量{code}", "kind": "grid_worker"} | more
        names = ", ".join((*columns, "division_code"))
        marks = ", ".join(["%s"] * (len(columns) + 1))
        rows = land.run(
            f"INSERT INTO units ({names}) VALUES ({marks}) RETURNING id",
            *columns.values(),
            division,
        )
        number = int(str(rows[0][0]))
        if on_duty:
            land.run(
                "INSERT INTO shifts (unit_id, division_code, starts_at, source)"
                " VALUES (%s, %s, now() - interval '80 days', 'dispatcher')",
                number,
                division,
            )
        return number

    return add


@pytest.fixture
def ask(land) -> Callable[..., None]:
    """Return `ask(**fields)`, which asks something of grid 1 on that one day."""

    def add(**fields: Any) -> None:
        day = EIGHT.date()
        order = {"name": "日巡", "grid_id": 1, "division_code": 610522101201} | fields
        order |= {"valid_from": day, "valid_to": day}
        names, marks = ", ".join(order), ", ".join(["%s"] * len(order))
        land.run(f"INSERT INTO requirements ({names}) VALUES ({marks})", *order.values())

    return add
