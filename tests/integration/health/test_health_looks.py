"""Looks end to end: simulated cameras, the media worker as a process, the state in the database.

Each fault is made at the device; what is measured is the time from the evidence to the row.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import av
import numpy as np
import pytest

from backend import db
from backend.cameras import devices, status
from backend.media import records
from backend.settings import load
from tests.integration.cameras.conftest import loopback, media
from video.credentials import Credentials
from video.simulator.devices import DeviceSpec, SimulatedDevice
from video.simulator.fleet import ThreadedFleet

__all__ = ["loopback", "media"]  # fixtures

SMALL = {"sub_size": (640, 360), "sub_fps": 5.0, "gop_s": 2.0, "background": "street"}
SPECS = [
    DeviceSpec(id=name, name=name, **SMALL)
    for name in ("calm", "turned", "covered", "black", "frozen", "unplugged")
]


def turn(frame: av.VideoFrame) -> av.VideoFrame:
    """The view 80 px to the left: 80 / 554 px of focal length is 8.2 degrees to the right."""
    return redrawn(frame, lambda luma: np.roll(luma, -80, axis=1))


def cover(frame: av.VideoFrame) -> av.VideoFrame:
    return redrawn(frame, lambda luma: np.full_like(luma, 120))


def blacken(frame: av.VideoFrame) -> av.VideoFrame:
    return redrawn(frame, lambda luma: np.full_like(luma, 3))


class Stuck:
    """The same picture for ever, whatever the scene does; the clock runs on over it."""

    def __init__(self) -> None:
        self.held: Any = None

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        def hold(luma: Any) -> Any:
            if self.held is None:
                self.held = luma.copy()
            return self.held

        return redrawn(frame, hold)


def redrawn(frame: av.VideoFrame, draw: Callable[[Any], Any]) -> av.VideoFrame:
    """Draw anew what lies between the burnt-in texts, an eighth above and below."""
    picture = frame.to_ndarray(format="yuv420p")
    high = frame.height
    band = high // 8
    picture[band : high - band] = draw(picture[band : high - band])
    return av.VideoFrame.from_ndarray(picture, format="yuv420p")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch, loopback: None) -> None:
    """A period of ten seconds, the shortest allowed."""
    monkeypatch.setenv("GRIDLINK_HEALTH__EVERY_S", "10")
    monkeypatch.setenv("GRIDLINK_HEALTH__CLOCK_EVERY_S", "10")
    load.cache_clear()


@pytest.fixture
def fleet() -> Iterator[ThreadedFleet]:
    with ThreadedFleet(SPECS) as running:
        yield running


@pytest.fixture
def cameras(fleet: Any, soon: None, land: Any) -> dict[str, int]:
    """The fleet's devices, enrolled behind cameras 60 degrees wide."""
    made = {}
    for spec in SPECS:
        camera_id = int(land.add_camera(spec.id, 110.005, 34.505))
        address = f"http://127.0.0.1:{fleet.onvif_port}/{spec.id}/onvif/device_service"
        enrolment = devices.Enrolment(camera_id, address, Credentials(spec.username, spec.password))
        [outcome] = devices.ask_many([enrolment])
        with db.begin() as session:
            devices.store(session, outcome)
        made[spec.id] = camera_id
    land.run("UPDATE poses SET fov_deg = 60")
    return made


def states(land: Any) -> dict[str, str]:
    return dict(
        land.run(
            "SELECT c.name, CASE WHEN c.is_alive IS FALSE THEN 'dead' ELSE h.state END"
            " FROM cameras c LEFT JOIN camera_health h ON h.camera_id = c.id"
        )
    )


def until(fact: Callable[[], Any], land: Any, within_s: float = 400) -> None:
    """Wait for a fact; the limit is that of a machine with twenty others at work on it."""
    deadline = time.monotonic() + within_s
    while not fact():
        assert time.monotonic() < deadline, (states(land), suspicions(land))
        time.sleep(0.3)


def suspicions(land: Any) -> list[tuple[object, ...]]:
    return land.run(
        "SELECT c.name, h.suspected, h.suspicions, h.still_looks, h.sampled_at, h.due_at, now(),"
        " h.verdicts -> 'frozen', h.verdicts -> 'moved' -> 'reason', r.looks"
        " FROM cameras c JOIN camera_health h ON h.camera_id = c.id"
        " LEFT JOIN camera_references r ON r.camera_id = c.id"
    )


def learnt(land: Any) -> bool:
    """Whether every camera is in order and has a reference of two looks."""
    counted = land.run("SELECT count(*) FROM camera_references WHERE looks >= 2")
    return counted == [(len(SPECS),)] and set(states(land).values()) == {"in_order"}


@pytest.mark.timeout(900)
def test_every_fault_of_a_view_is_found_and_the_calm_camera_is_left_alone(
    fleet: Any, cameras: dict[str, int], media: Any, land: Any
) -> None:
    until(lambda: learnt(land), land)
    before_lens = {"turned": turn, "covered": cover, "black": blacken, "frozen": Stuck()}
    for name, change in before_lens.items():
        device: SimulatedDevice = fleet.device(name)
        device.before_lens = change
    fleet.device("unplugged").die()
    fleet.device("calm").clock_offset_s = 600
    wanted = {
        "calm": "in_order",
        "turned": "moved",
        "covered": "covered",
        "black": "black",
        "frozen": "frozen",
        "unplugged": "dead",
    }
    until(lambda: states(land) == wanted, land)
    [(figures,)] = land.run(
        "SELECT verdicts -> 'moved' -> 'figures' FROM camera_health WHERE camera_id = %s",
        cameras["turned"],
    )
    assert figures["right_deg"] == pytest.approx(8.2, abs=0.5)
    with db.begin() as session:
        out = set(status.out_of_service(session).tolist())
    assert out == {cameras[name] for name in before_lens} | {cameras["unplugged"]}
    until(lambda: off_by(land, cameras["calm"]), land)
    assert off_by(land, cameras["turned"]) == 0
    # The evidence is the look; the row says so at once, because it is written with the look.
    [(late_s,)] = land.run(
        "SELECT max(extract(epoch FROM t.at - h.sampled_at)) FROM camera_turns t"
        " JOIN camera_health h USING (camera_id) WHERE t.what = 'view' AND t.at <= h.since"
    )
    assert float(late_s) < 5.0


def off_by(land: Any, camera: int) -> int:
    """How many whole minutes a camera's clock is known to be off."""
    [(offset_s,)] = land.run(
        "SELECT coalesce(clock_offset_s, 0) FROM camera_health WHERE camera_id = %s", camera
    )
    return round(float(offset_s) / 60)


def test_two_hundred_of_543_dead_at_once_stand_in_the_database_within_five_seconds(land) -> None:
    land.run(
        "INSERT INTO cameras (set_name, name, division_code, is_alive, geom)"
        " SELECT 't', 'c' || i, 610522101201, true, ST_SetSRID(ST_Point(110.005, 34.505), 4326)"
        " FROM generate_series(1, 543) i"
    )
    land.run(
        "INSERT INTO devices (camera_id, address) SELECT id, 'http://10.0.0.1:' || id FROM cameras"
    )
    ids = [int(str(row[0])) for row in land.run("SELECT id FROM cameras ORDER BY id LIMIT 200")]
    evidence = [
        status.Observation(camera, False, "stream.camera_unreachable", datetime.now(UTC))
        for camera in ids
    ]
    began = time.process_time()
    records.record(evidence)
    spent_s = time.process_time() - began
    assert land.run("SELECT count(*) FROM cameras WHERE is_alive IS FALSE") == [(200,)]
    # Processor time of this process; the database's share is measured in the record.
    assert spent_s < 2.5
