"""What is asked of the county's patrols, where they sign in, and which departments answer calls."""

from collections.abc import Iterator
from typing import Any

import httpx
from sqlalchemy import text

from ..db import begin
from .county import COUNTY_CODE

_STREET, _TOWN = 699901001000, 699901100000
_H = 3600
_CHECKPOINTS = 6

_REQUIREMENTS: tuple[dict[str, Any], ...] = (
    *(
        {
            "name": f"{name}白天每班两巡",
            "division_code": str(code),
            "grid_kind": "basic",
            "begins": "08:00",
            "ends": "20:00",
            "times": 2,
        }
        for name, code in (("明溪街道", _STREET), ("云溪镇", _TOWN))
    ),
    {
        "name": "明溪街道夜间巡防",
        "division_code": str(_STREET),
        "grid_kind": "basic",
        "begins": "20:00",
        "ends": "08:00",
        "times": 1,
    },
    {
        "name": "全县网格每日一巡",
        "division_code": str(COUNTY_CODE),
        "grid_kind": "basic",
        "begins": "06:00",
        "ends": "22:00",
        "times": 1,
    },
    {
        "name": "专属网格四小时不断巡",
        "division_code": str(COUNTY_CODE),
        "grid_kind": "exclusive",
        "begins": "08:00",
        "ends": "20:00",
        "longest_interval_s": 4 * _H,
    },
)
_DEPARTMENTS = (
    ("县公安局指挥中心", ["处突"]),
    ("县消防救援大队", ["消防", "急救"]),
    ("县城市管理执法局", ["市容", "占道"]),
    ("县卫生健康局", ["急救"]),
    ("县市场监督管理局", ["市场"]),
)
_PLACES = text(
    "SELECT name, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM places WHERE is_key"
    " AND division_code BETWEEN :low AND :high ORDER BY weight DESC, id LIMIT :most"
)


def orders() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield path and body of everything that is asked for."""
    for requirement in _REQUIREMENTS:
        yield "/api/patrol/requirements", requirement
    span = {"low": _STREET, "high": _STREET + 999, "most": _CHECKPOINTS}
    with begin() as session:
        places = session.execute(_PLACES, span).all()
    for place in places:
        spot = {"lon": place.lon, "lat": place.lat, "radius_m": 60, "longest_interval_s": 4 * _H}
        yield "/api/patrol/checkpoints", {"name": f"{place.name}签到点"} | spot
    for name, skills in _DEPARTMENTS:
        told = {"name": name, "division_code": str(COUNTY_CODE), "skills": skills}
        yield "/api/departments", told


def ask(client: httpx.Client) -> None:
    """Ask for all of it; what an interrupted start has asked for already stays."""
    for path in {path for path, _ in orders()}:
        if client.get(path).raise_for_status().json()["rows"]:
            continue
        for _, body in (order for order in orders() if order[0] == path):
            client.post(path, json=body).raise_for_status()
