"""Whoever writes what belongs to a camera keeps the camera from being taken down meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy.orm import Session

from backend.cameras import registry
from backend.cameras.aiming.moving import Arrival
from backend.cameras.aiming.storing import store_arrival
from backend.cameras.health import clocks, recording
from backend.cameras.lasting import lasting
from backend.db import begin
from video.healthclock import ClockReading

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LOOKED = recording.Looked("day", None, {}, 0, b"", b"")

WRITERS: dict[str, Callable[[Session, int], object]] = {
    "look": lambda session, camera: recording.note(session, camera, LOOKED, NOON),
    "clock": lambda session, camera: clocks.note(session, camera, ClockReading(0.0), NOON),
    "head": lambda session, camera: store_arrival(
        session, registry.get(session, camera), Arrival(None, None, None), NOON, method="aim"
    ),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_camera_stays_until_what_is_written_of_it_stands(land, writer: str) -> None:
    camera = land.add_camera("东门", 110.005, 34.505)
    with begin() as session:
        WRITERS[writer](session, camera)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            land.run("SELECT FROM cameras WHERE id = %s FOR UPDATE NOWAIT", camera)
        # Only its removal waits: its state is written by others meanwhile.
        land.run("SELECT FROM cameras WHERE id = %s FOR NO KEY UPDATE NOWAIT", camera)


def test_cameras_that_are_gone_are_told_apart(land) -> None:
    camera = land.add_camera("东门", 110.005, 34.505)
    with begin() as session:
        assert lasting(session, [camera + 1, camera, camera]) == {camera}
