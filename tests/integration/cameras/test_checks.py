"""Checks of cameras: runs of equal answers, whose turn it is, and what is forgotten."""

import time
from pathlib import Path
from typing import Any

import pytest

from backend import db
from backend.cameras import checks, status
from backend.cameras.tasks import forget_checks
from backend.media import records


def observe(camera_id: int, *, is_alive: bool, reason: str | None = None) -> None:
    with db.begin() as session:
        status.record(session, status.Observation(camera_id, is_alive, reason))


def age(land: Any, seconds: float) -> None:
    """Let so much time have passed since every check."""
    land.run(
        "UPDATE camera_checks SET at = at - make_interval(secs => %s),"
        " last_at = last_at - make_interval(secs => %s)",
        *(seconds, seconds),
    )


def runs(land: Any) -> list[tuple[object, ...]]:
    return land.run("SELECT has_frames, reason, checks FROM camera_checks ORDER BY at")


def test_equal_answers_within_the_interval_are_one_check(land) -> None:
    camera = land.add_camera("门口", 110.005, 34.505)
    for _ in range(3):
        observe(camera, is_alive=True)
    assert runs(land) == [(True, None, 1)]


def test_a_turn_is_kept_at_once(land) -> None:
    camera = land.add_camera("门口", 110.005, 34.505)
    observe(camera, is_alive=True)
    observe(camera, is_alive=False, reason="stream.camera_unreachable")
    observe(camera, is_alive=False, reason="stream.credentials_rejected")
    assert runs(land) == [
        (True, None, 1),
        (False, "stream.camera_unreachable", 1),
        (False, "stream.credentials_rejected", 1),
    ]


def test_a_camera_without_a_device_was_not_tried_and_is_not_dead(land) -> None:
    camera = land.add_camera("门口", 110.005, 34.505)
    records.record([status.Observation(camera, False, "device.protocol_violation")])
    assert land.run("SELECT is_alive FROM cameras") == [(None,)]
    land.run("INSERT INTO devices (camera_id, address) VALUES (%s, 'http://10.0.0.1')", camera)
    records.record([status.Observation(camera, False, "stream.camera_unreachable")])
    assert land.run("SELECT is_alive FROM cameras") == [(False,)]


def test_equal_answers_in_a_row_lengthen_the_run(land) -> None:
    camera = land.add_camera("门口", 110.005, 34.505)
    for _ in range(4):
        observe(camera, is_alive=True)
        age(land, 310)
    assert runs(land) == [(True, None, 4)]
    (length_s,) = land.run("SELECT extract(epoch FROM last_at - at) FROM camera_checks")[0]
    assert float(length_s) == pytest.approx(930, abs=5)


def test_after_a_silence_longer_than_a_check_speaks_for_a_new_run_begins(land) -> None:
    camera = land.add_camera("门口", 110.005, 34.505)
    observe(camera, is_alive=True)
    age(land, 601)  # a check holds 2 x 300 s
    observe(camera, is_alive=True)
    assert runs(land) == [(True, None, 1), (True, None, 1)]


def test_a_camera_that_goes_takes_its_checks_along(land) -> None:
    camera = land.add_camera("门口", 110.005, 34.505)
    observe(camera, is_alive=True)
    land.run("DELETE FROM cameras WHERE id = %s", camera)
    assert runs(land) == []


def add_device(land: Any, name: str, state: str = "accepted") -> int:
    camera = land.add_camera(name, 110.005, 34.505)
    land.run(
        "INSERT INTO devices (camera_id, address, auth_state) VALUES (%s, 'http://10.0.0.1', %s)",
        *(camera, state),
    )
    return int(camera)


def test_the_cameras_unheard_of_longest_come_first_and_fresh_ones_not_at_all(land) -> None:
    never, old, older, fresh = (add_device(land, name) for name in ("a", "b", "c", "d"))
    land.add_camera("without a device", 110.005, 34.505)
    for camera, ago in ((old, 400), (older, 4000), (fresh, 100)):
        land.run(
            "INSERT INTO camera_checks (camera_id, at, has_frames)"
            " VALUES (%s, now() - make_interval(secs => %s), false)",
            *(camera, ago),
        )
    assert records.due(0, [], 10) == [never, older, old]
    assert records.due(0, [never], 10) == [older, old]


def test_a_run_counts_from_its_last_check(land) -> None:
    camera = add_device(land, "long")
    land.run(
        "INSERT INTO camera_checks (camera_id, at, last_at, has_frames)"
        " VALUES (%s, now() - interval '1 day', now() - interval '1 minute', true)",
        camera,
    )
    assert records.due(0, [], 10) == []


@pytest.mark.parametrize(
    ("cameras", "every_s", "size"),
    # ceil(543 x 10 / 300) = 19; 10,000 would need 334, of which a worker can pull half of 64.
    [(0, 300, 3), (20, 300, 3), (543, 300, 19), (10_000, 300, 32), (543, 30, 32)],
)
def test_a_round_is_as_large_as_the_interval_asks(cameras, every_s, size) -> None:
    assert records.round_size(cameras, 10, every_s) == size


def test_whose_turn_it_is_is_found_by_index(land) -> None:
    land.run(
        "INSERT INTO cameras (set_name, name, geom) SELECT 't', 'c' || i,"
        " ST_SetSRID(ST_Point(110, 34.5), 4326) FROM generate_series(1, 300) i"
    )
    land.run("INSERT INTO devices (camera_id, address) SELECT id, 'http://10.0.0.1' FROM cameras")
    land.run(
        "INSERT INTO camera_checks (camera_id, at, has_frames)"
        " SELECT id, now() - i * interval '1 h', true FROM cameras, generate_series(1, 60) i"
    )
    land.run("ANALYZE cameras, devices, camera_checks")
    with db.begin() as session:
        wanted = {"workers": 1, "worker": 0, "tried": [], "every_s": 300, "n": 32}
        plan = records.text("EXPLAIN " + records._DUE.text)
        lines = "\n".join(session.scalars(plan, wanted))
    assert "camera_checks_pkey" in lines, lines


def test_old_runs_are_forgotten_and_lasting_ones_kept(land) -> None:
    camera = land.add_camera("门口", 110.005, 34.505)
    for at, last in ((400, 181), (300, 179), (200, None)):
        land.run(
            "INSERT INTO camera_checks (camera_id, at, last_at, has_frames) VALUES (%s,"
            " now() - make_interval(days => %s), now() - make_interval(days => %s), true)",
            *(camera, at, last),
        )
    forget_checks(0)
    assert land.run("SELECT count(*), max(extract(day FROM now() - at)) FROM camera_checks") == [
        (1, 300)
    ]


def test_a_camera_is_checked_though_nobody_opens_it(enrol: Any, media: Path, land: Any) -> None:
    good = enrol("good")
    dead = enrol("dead")
    land.run("DELETE FROM camera_checks")  # enrolling has noted that one did not answer
    deadline = time.monotonic() + 60
    while len(found := runs(land)) < 2:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    rows = dict(land.run("SELECT camera_id, has_frames FROM camera_checks"))
    assert rows == {good: True, dead: False}
    alive = dict(land.run("SELECT id, is_alive FROM cameras"))
    assert alive == {good: True, dead: False}


def test_the_api_may_note_a_check_while_it_enrols(client, land) -> None:
    camera = land.add_camera("门口", 110.005, 34.505)
    scope = db.Scope(1, 610522000000, 610522999999)
    with db.begin(scope) as session:
        checks.note(session, [checks.Check(camera, False, "device.timed_out")])
    with db.begin(db.Scope(1, 610523000000, 610523999999)) as session:
        seen = session.scalar(records.text("SELECT count(*) FROM camera_checks"))
    assert (runs(land), seen) == ([(False, "device.timed_out", 1)], 0)
