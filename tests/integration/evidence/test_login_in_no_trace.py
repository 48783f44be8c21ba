"""F10 on the way of pictures: clip, snapshot, recording, alarm, look, clock and a death; the
login of the camera is in no row, file, package, answer, log line or command line of it.
"""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backend import db
from backend.cameras import devices
from video.credentials import Credentials
from video.redaction import secret_forms
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet, ThreadedFleet

USER, SECRET = "operator7x", "S3CRET/p@ss&wörd"


def leaks(content: bytes) -> list[str]:
    """Every form of the login that stands in some bytes."""
    pair = f"{USER}:{SECRET}".encode()
    forms = {*secret_forms(SECRET), USER, SECRET.encode().hex(), base64.b64encode(pair).decode()}
    forms.add(json.dumps(SECRET).strip('"'))
    return [form for form in forms if len(form) > 5 and form.encode() in content]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    spec = DeviceSpec(
        "good", username=USER, password=SECRET, scene="clip", recorder="onvif", has_sub=False,
        main_size=(320, 192), main_fps=8.0, gop_s=0.5, record_gap=(0.0, 0.0),
        clip_folder=str(tmp_path / "clips"),
    )  # fmt: skip
    with ThreadedFleet([spec]) as running:
        yield running


def rows_of(url: str) -> Iterator[tuple[str, bytes]]:
    """Every row of every table as text; bytes as hexadecimal digits."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(table_name) FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        ).fetchall()
        for (table,) in tables:
            for (row,) in connection.execute(f"SELECT t::text FROM {table} t").fetchall():
                yield table, str(row).encode()


@pytest.mark.fault
@pytest.mark.timeout(300)
def test_login_of_a_camera_is_in_nothing_that_is_kept_or_told_of_its_pictures(
    fleet: Fleet, store: Path, land: Any, media: Any, desk: Any, wait_for: Callable[..., Any]
) -> None:
    camera = int(land.add_camera("人民路口", 110.0050, 34.5050))
    login = Credentials(USER, SECRET)
    [outcome] = devices.ask_many([devices.Enrolment(camera, fleet.onvif_url("good"), login)])
    with db.begin() as session:
        devices.store(session, outcome)
    device = fleet.device("good")

    clip = desk.post("clips", camera_id=camera)
    wait_for(lambda: desk.one(clip["id"])["size_bytes"] > 0)
    desk.post(f"{clip['id']}/stop")
    now = datetime.now(UTC)
    stretch = {"from": now - timedelta(seconds=90), "to": now - timedelta(seconds=86)}
    cut = desk.post(
        "recordings", camera_id=camera, **{at: when.isoformat() for at, when in stretch.items()}
    )
    desk.post("snapshots", camera_id=camera)
    assert [desk.ended(one["id"])["state"] for one in (clip, cut)] == ["kept", "kept"]
    wait_for(lambda: device.events.listening)
    device.events.motion(True)
    wait_for(lambda: land.run("SELECT 1 FROM alarms"))
    land.run("UPDATE camera_health SET due_at = now(), clock_due_at = now()")
    wait_for(lambda: land.run("SELECT 1 FROM camera_health WHERE clock_at IS NOT NULL"))
    wait_for(lambda: land.run("SELECT 1 FROM camera_health WHERE sampled_at IS NOT NULL"))

    told = [answer.content for answer in answers(desk.client, camera, clip["id"], stretch)]
    device.die()  # from now on whatever asks it fails
    again = desk.post("clips", camera_id=camera)
    wait_for(lambda: land.run("SELECT 1 FROM cameras WHERE is_alive IS FALSE"))
    desk.post(f"{again['id']}/stop")
    desk.ended(again["id"])
    told += [answer.content for answer in answers(desk.client, camera, clip["id"], stretch)]
    media.stop()

    assert len(told) >= 20
    for content in told:
        assert leaks(content) == []
    for table, row in rows_of(land.url):
        assert leaks(row) == [], table
    files = [file for file in store.rglob("*") if file.is_file()]
    assert len(files) >= 6
    for file in (*files, media.log):
        assert leaks(file.read_bytes()) == [], file.name
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert leaks(command.read_bytes()) == []
        except OSError:
            continue  # it has ended meanwhile


def answers(client: Any, camera: int, clip: int, stretch: dict[str, datetime]) -> Iterator[Any]:
    """What the API tells of the camera, its alarms, its health, its evidence, its recordings."""
    incident = client.get("/api/incidents").json()["incidents"][0]["id"]
    alarm = client.get("/api/alarms", params={"shown": "all"}).json()["rows"][0]["id"]
    at = {name: when.isoformat() for name, when in stretch.items()}
    yield client.get(f"/api/evidence/{clip}/export", params={"purpose": "incident"})
    yield client.get(f"/api/cameras/{camera}/recordings", params=at)
    for path in (
        f"cameras/{camera}", f"cameras/{camera}/health", "cameras/health", "alarms",
        f"alarms/{alarm}", f"alarms/{alarm}/cameras", "alarms/subscriptions",
        f"incidents/{incident}/evidence", f"incidents/{incident}/timeline", f"evidence/{clip}",
    ):  # fmt: skip
        yield client.get(f"/api/{path}")
    live = {"camera_id": camera, "purpose": "patrol", "kind": "live", "profile": "main"}
    yield client.post("/api/streams", json=live)
    yield client.post("/api/streams", json=live | {"kind": "replay"} | at)
