"""The forces of the demonstration county, set up over HTTP as a dispatcher would."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import httpx
from sqlalchemy import text

from ..db import begin
from ..settings import load
from . import county, duties

_GRIDS = """
SELECT g.id, g.code, g.division_code, v.name AS village, t.name AS township
FROM grids g
JOIN divisions v ON v.code = g.division_code AND v.level = 5 AND v.valid_to IS NULL
JOIN divisions t ON t.code = v.parent_code AND t.valid_to IS NULL
WHERE g.kind = 'basic' AND g.valid_to IS NULL
ORDER BY g.division_code, g.code
"""
_ROUND_OF = 5
"""Grids one grid worker looks after."""
BEFORE = timedelta(hours=5)
"""How long before its first start the demonstration's patrols have been out."""
_DAY, _NIGHT, _EVENING = ("08:00", "20:00"), ("20:00", "08:00"), ("17:00", "22:00")


@dataclass(frozen=True, slots=True)
class Force:
    """One unit as it is set up, with the times of day of its plans."""

    code: str
    name: str
    kind: str
    vehicle: str
    grids: list[int]
    division_code: int
    plans: tuple[tuple[str, str], ...] = (_DAY,)
    strength: int = 1
    skills: tuple[str, ...] = ()
    account: str | None = field(default=None)

    def order(self) -> dict[str, Any]:
        told = {
            "code": self.code,
            "name": self.name,
            "kind": self.kind,
            "vehicle": self.vehicle,
            "is_team": self.strength > 1,
            "strength": self.strength,
            "skills": list(self.skills),
            "home_grids": self.grids,
            "division_code": f"{self.division_code:012d}",
        }
        return told if self.account is None else told | {"account": self.account}


def trackers_missing() -> bool:
    return not trackers_file().exists()


def trackers_file() -> Any:
    return load().var_dir / "demo" / "trackers.json"


def set_up(base_url: str, passwords: dict[str, str]) -> None:
    """Make units, plans, duty and trackers; the tokens go to a private file for the walkers."""
    now = datetime.now(UTC)
    login = {"username": "dispatcher", "password": passwords["dispatcher"]}
    with httpx.Client(base_url=base_url, timeout=30) as client:
        answer = _done(client.post("/api/session", json=login))
        client.headers["X-CSRF-Token"] = answer["csrf_token"]
        duties.ask(client)
        tokens = {force.code: _make(client, force, now) for force in forces()}
    trackers_file().parent.mkdir(parents=True, exist_ok=True)
    county.write_private(trackers_file(), json.dumps(tokens))


def _make(client: httpx.Client, force: Force, now: datetime) -> str:
    unit_id = _unit(client, force, now)
    made = _done(client.post(f"/api/units/{unit_id}/trackers", json={"name": "模拟终端"}))
    return str(made["token"])


def _unit(client: httpx.Client, force: Force, now: datetime) -> int:
    """Return the unit's id, made with its plans unless an interrupted start has made it."""
    answer = client.post("/api/units", json=force.order())
    if answer.status_code == httpx.codes.CONFLICT:
        known = _done(client.get("/api/units", params={"q": force.code}))["rows"]
        return int(known[0]["id"])
    unit_id = int(_done(answer)["id"])
    for begins, ends in force.plans:
        name = "夜班" if begins > ends else "白班" if begins == _DAY[0] else "傍晚班"
        plan = {"name": name, "weekdays": [1, 2, 3, 4, 5, 6, 7], "begins": begins, "ends": ends}
        _done(client.post(f"/api/units/{unit_id}/shift-plans", json=plan))
    duty = {"on": True, "at": (now - BEFORE).isoformat(), "until": (now + BEFORE).isoformat()}
    _done(client.post(f"/api/units/{unit_id}/shifts", json=duty))
    return unit_id


def _done(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


def forces() -> Iterator[Force]:
    """Grid workers of every village, three household heads, and two teams of every township."""
    with begin() as session:
        grids = session.execute(text(_GRIDS)).all()
    number = 0
    for _, village in groupby(grids, key=lambda grid: grid.division_code):
        rows = list(village)
        for k in range(0, len(rows), _ROUND_OF):
            number += 1
            yield _grid_worker(number, k // _ROUND_OF + 1, rows[k : k + _ROUND_OF])
    for k, grid in enumerate([grid for grid in grids if grid.village.endswith("社区")][:3]):
        name = f"{grid.village}治安户长{k + 1}号"
        where = ([grid.id], grid.division_code)
        yield Force(f"HZ-{k + 1:02d}", name, "household_head", "foot", *where)
    for k, (_, township) in enumerate(groupby(grids, key=lambda grid: grid.division_code // 1000)):
        yield from _teams(k + 1, list(township))


def _grid_worker(number: int, within: int, rows: list[Any]) -> Force:
    village = rows[0].village
    return Force(
        f"WGY-{number:03d}",
        f"{village}网格员{within}号",
        "grid_worker",
        "foot" if village.endswith("社区") else "ebike",
        [row.id for row in rows],
        rows[0].division_code,
        plans=(_DAY, _NIGHT) if number % 3 == 0 else (_DAY,),
        skills=("巡查", "矛盾调解") if number % 2 else ("巡查",),
        account="worker" if number == 1 else None,
    )


def _teams(number: int, rows: list[Any]) -> Iterator[Force]:
    name, township_code = rows[0].township, rows[0].division_code // 1000 * 1000
    where = ([row.id for row in rows], township_code)
    yield Force(
        f"YJ-{number:02d}",
        f"{name}应急处突分队",
        "response",
        "car",
        *where,
        plans=(_DAY, _NIGHT),
        strength=6,
        skills=("处突", "急救", "消防"),
    )
    yield Force(
        f"QF-{number:02d}",
        f"{name}红袖章巡逻队",
        "volunteer",
        "foot",
        ([row.id for row in rows[:_ROUND_OF]]),
        township_code,
        plans=(_EVENING,),
        strength=20,
        skills=("巡查",),
    )
