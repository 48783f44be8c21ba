"""Cameras with ground to look at, and signals that come as from a device."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from backend.alarms.admitting import Admitted, Signal, admit
from backend.db import begin

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
LON, LAT = 110.0095, 34.509


@pytest.fixture
def camera(add_camera) -> int:
    """A camera south of the school of the first village, looking north at it."""
    return add_camera("南门")


@pytest.fixture
def add_camera(land) -> Callable[..., int]:
    """Return `add_camera(name, lon, lat)`: it sees a square, whose middle lies 0.001 north-east."""

    def add(name: str, lon: float = LON, lat: float = LAT) -> int:
        return _with_ground(land, name, lon, lat)

    return add


def _with_ground(land, name: str, lon: float, lat: float) -> int:
    camera_id = land.add_camera(name, lon, lat)
    land.run(
        "INSERT INTO viewsheds (pose_id, camera_id, division_code, certain, possible)"
        " SELECT p.id, c.id, c.division_code, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)),"
        " ST_GeomFromText('MULTIPOLYGON EMPTY', 4326)"
        " FROM poses p JOIN cameras c ON c.id = p.camera_id WHERE c.id = %s",
        *(lon, lat, lon + 0.002, lat + 0.002, camera_id),
    )
    return camera_id


@pytest.fixture
def signal() -> Callable[..., Signal]:
    """Return `signal(camera, kind, **changes)`: what a device told."""
    return _signal


def _signal(camera_id: int, kind: str = "motion", **changes: object) -> Signal:
    values: dict = {
        "camera_id": camera_id,
        "kind": kind,
        "source": "",
        "topic": "t",
        "is_on": True,
        "at": None,
    }
    return Signal(**(values | changes))


@pytest.fixture
def take_in(database: str) -> Callable[..., Admitted]:
    """Return `take_in(*signals, at=seconds after noon)`."""
    return _take_in


def _take_in(*signals: Signal, at: float | datetime = 0.0) -> Admitted:
    """Admit signals at a moment, or so many seconds after noon."""
    now = at if isinstance(at, datetime) else NOON + timedelta(seconds=at)
    with begin() as session:
        return admit(session, signals, now)


@pytest.fixture
def rule(land, account) -> Callable[..., int]:
    """Return `rule(outcome, kinds, **columns)`, which adds one in an admin's name."""
    author = land.run("SELECT id FROM users WHERE username = %s", account("admin"))[0][0]

    def add(outcome: str = "note", kinds: tuple[str, ...] = ("motion",), **columns: object) -> int:
        values = {
            "name": "规则",
            "division_code": 610522000000,
            "kinds": list(kinds),
            "outcome": outcome,
            "changed_by": author,
            "incident_kind": "other" if outcome == "incident" else None,
        } | columns
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        rows = land.run(
            f"INSERT INTO alarm_rules ({names}) VALUES ({marks}) RETURNING id",
            *values.values(),
        )
        return int(str(rows[0][0]))

    return add
