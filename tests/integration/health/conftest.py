"""Cameras with devices, and looks with given outcomes written to the database."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from backend import db
from backend.cameras.health import planning, recording

QUESTIONS = ("black", "frozen", "covered", "moved", "blurred")
MOVED = {
    "right_deg": 7.5, "up_deg": -2.0, "roll_deg": 0.1, "zoom": 1.0, "error_deg": 0.1,
    "shift_px": 80.0, "matched": 120, "stayed": 0, "agreed": 90, "corners": 480,
}  # fmt: skip


def looked(fault: str | None = None, *, reference: bytes = b"", **figures: Any) -> recording.Looked:
    """A look that found `fault`, or a view in order."""
    verdicts = {
        q: {"answer": "yes" if q == fault else "no", "reason": None, "figures": {}}
        for q in QUESTIONS
    }
    verdicts["moved"]["figures"] = MOVED if fault == "moved" else figures
    return recording.Looked("day", fault, verdicts, 0, b"\0" * 1536, reference)


@pytest.fixture
def add_device(land: Any) -> Callable[..., int]:
    """Return `add_device(name, lon=...)`: a camera alive, with a device and a place in the plan."""

    def add(name: str, lon: float = 110.005) -> int:
        camera = int(land.add_camera(name, lon, 34.505))
        land.run(
            "INSERT INTO devices (camera_id, address, auth_state)"
            " VALUES (%s, 'http://10.0.0.1', 'accepted')",
            camera,
        )
        land.run("UPDATE cameras SET is_alive = true, last_frame_at = now() WHERE id = %s", camera)
        with db.begin() as session:
            planning.take_in_new(session, datetime.now(UTC))
        return camera

    return add


@pytest.fixture
def look(land: Any) -> Callable[..., None]:
    """Return `look(camera, fault, times=1)`: writes looks as the sampler does."""

    def note(camera: int, fault: str | None = None, times: int = 1, **more: Any) -> None:
        for _ in range(times):
            with db.begin() as session:
                recording.note(session, camera, looked(fault, **more), datetime.now(UTC))

    return note
