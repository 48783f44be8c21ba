"""Discovery, duplicates, a changed login, and the index the matching goes by."""

from importlib.resources import files

import pytest

from backend import db
from backend.cameras import status, vault
from backend.cameras.enrolment.identity import is_same
from video.simulator.odd_device import OddDevice, OddSpec

PASSWORD = "S3CRET/pass word"
SPEC = OddSpec(channels=2, password=PASSWORD)


@pytest.fixture
def admin(loopback, client):
    return client("admin")


def add_device(land, camera_id, address, *, channel=1, identities="{}"):
    land.run(
        "INSERT INTO devices (camera_id, address, channel, identities, secret, auth_state)"
        " VALUES (%s, %s, %s, %s, %s, 'accepted')",
        *(camera_id, address, channel, identities, vault.seal("admin", PASSWORD)),
    )


def test_sweep_of_a_range_lists_the_device_that_answers_and_sends_no_login(admin, work, land):
    with OddDevice(SPEC, host="127.0.0.3") as device:
        port = int(device.authority.rpartition(":")[2])
        order = {"multicast": False, "ranges": ["127.0.0.1-127.0.0.6"], "ports": [port]}
        made = admin.post("/api/devices/discover", json=order)
        assert made.status_code == 202, made.text
        work(made.json()["id"])
    url = f"/api/devices/enrolments/{made.json()['id']}"
    assert admin.get(url).json()["state"] == "ready"
    (row,) = admin.get(f"{url}/rows").json()["rows"]
    assert (row["address"], row["state"]) == (device.url, "waiting")
    assert set(device.operations) == {"GetSystemDateAndTime"}


@pytest.mark.fault
@pytest.mark.parametrize(
    "ranges", [["8.8.8.0/24"], ["127.0.0.0/8"], ["169.254.169.254"], ["127.0.0.1-128.0.0.1"], ["x"]]
)
def test_range_outside_the_allowed_networks_or_too_wide_is_refused(ranges, admin):
    order = {"multicast": False, "ranges": ranges}
    answer = admin.post("/api/devices/discover", json=order)
    assert answer.status_code == 422
    assert answer.json()["error"]["detail"]["device_code"] == "device.address_refused"


def test_duplicates_are_shown_with_what_tells_so_and_made_one_by_choice(admin, land):
    ids = [land.add_camera(f"c{n}", 110.001, 34.501) for n in range(5)]
    mac = ["mac:001bc5000001", "serial:x/1"]
    add_device(land, ids[0], "http://10.0.0.1/a", identities=mac)
    add_device(land, ids[1], "http://10.0.0.2/a", identities=mac[:1])
    add_device(land, ids[2], "http://10.0.0.3/a", identities=["mac:001bc5000003", "serial:x/1"])
    add_device(land, ids[3], "http://10.0.0.4/a", channel=1)
    add_device(land, ids[4], "http://10.0.0.4/a", channel=2)
    (group,) = admin.get("/api/devices/duplicates").json()["duplicates"]
    assert group["told_by"] == "mac"
    assert [one["camera_id"] for one in group["cameras"]] == ids[:2]
    refused = admin.post(
        "/api/devices/duplicates/merge", json={"keep_id": ids[0], "drop_ids": [ids[4]]}
    )
    assert refused.json()["error"]["code"] == "devices.not_the_same"
    merged = admin.post(
        "/api/devices/duplicates/merge", json={"keep_id": ids[0], "drop_ids": [ids[1]]}
    )
    assert merged.json()["duplicates"] == []
    assert land.run("SELECT count(*) FROM devices WHERE camera_id = %s", ids[1]) == [(0,)]
    assert land.run("SELECT count(*) FROM cameras WHERE id = %s", ids[1]) == [(1,)]


def test_changed_login_is_tried_once_and_kept_for_all_cameras_of_the_device(admin, land):
    ids = [land.add_camera(f"c{n}", 110.001, 34.501) for n in (1, 2)]
    with OddDevice(SPEC) as device:
        for channel, camera_id in enumerate(ids, start=1):
            add_device(land, camera_id, device.url, channel=channel)
        land.run("UPDATE devices SET auth_state = 'rejected'")
        url = f"/api/devices/{ids[0]}/secret"
        wrong = admin.post(url, json={"username": "admin", "password": "wrong"})
        assert wrong.status_code == 422 and device.refused == 1
        assert land.run("SELECT DISTINCT auth_state FROM devices") == [("rejected",)]
        right = admin.post(url, json={"username": "admin", "password": PASSWORD})
    assert right.json() == {"auth_state": "accepted", "cameras": 2}
    rows = land.run("SELECT secret, auth_state FROM devices")
    assert {state for _, state in rows} == {"accepted"} and len({s for s, _ in rows}) == 1
    acts = land.run("SELECT act FROM register ORDER BY seq DESC LIMIT 1")
    assert acts == [("devices.secret.changed",)]


def test_login_refused_at_one_address_leaves_the_neighbours_in_peace(land, loopback):
    ids = [land.add_camera(f"c{n}", 110.001, 34.501) for n in (1, 2)]
    add_device(land, ids[0], "http://10.0.0.1/a")
    add_device(land, ids[1], "http://10.0.0.1/a", channel=2)
    # A third camera is enrolled with a wrong login: that says nothing of the two that work.
    third = land.add_camera("c3", 110.001, 34.501)
    land.run(
        "INSERT INTO devices (camera_id, address, channel, secret, auth_state)"
        " VALUES (%s, 'http://10.0.0.1/a', 3, 'other', 'rejected')",
        third,
    )
    states = land.run("SELECT auth_state FROM devices ORDER BY channel")
    assert states == [("accepted",), ("accepted",), ("rejected",)]


def test_stream_refused_on_one_channel_stops_the_whole_recorder_and_no_other_camera(land, loopback):
    ids = [land.add_camera(f"c{n}", 110.001, 34.501) for n in range(3)]
    for channel in (1, 2):
        add_device(land, ids[channel - 1], "http://10.0.0.1/a", channel=channel)
    add_device(land, ids[2], "http://10.0.0.2/a")
    with db.begin() as session:
        for camera_id in (ids[0], ids[2]):
            reason = "stream.credentials_rejected"
            status.record(session, status.Observation(camera_id, is_alive=False, reason=reason))
    states = dict(land.run("SELECT camera_id, auth_state FROM devices"))
    # A camera alone has its own pause of the relay and is tried again after it.
    assert states == {ids[0]: "rejected", ids[1]: "rejected", ids[2]: "accepted"}


def test_matching_goes_by_indexes(land):
    query = (files("backend") / "queries" / "enrolment_matches.sql").read_text("utf-8")
    # Of a whole county, spread over the map; else the jurisdiction is the shorter way.
    land.run(
        "INSERT INTO cameras (set_name, name, code, division_code, geom) SELECT 'many', 'n' || i,"
        " 'c' || i, 610522101201, ST_SetSRID(ST_Point(110 + i / 4e4, 34.5 + i % 100 / 4e3), 4326)"
        " FROM generate_series(1, 3000) i"
    )
    land.run(
        "INSERT INTO devices (camera_id, address, identities)"
        " SELECT id, 'http://10.0.0.1/' || id, ARRAY['mac:' || id] FROM cameras"
        " WHERE set_name = 'many'"
    )
    land.run("ANALYZE cameras, devices")
    values = {"enrolment_id": 1, "low": 0, "high": 999_999_999_999}
    with db.begin() as session:
        connection = session.connection()
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for name, value in values.items():
            query = query.replace(f":{name}", str(value))
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {query}"))
    for index in ("cameras_geom_idx", "cameras_code_idx", "devices_address_idx",
                  "devices_identities_idx", "cameras_name_whole_idx"):  # fmt: skip
        assert index in plan, plan


def test_quirks_are_told_with_their_sources(admin):
    quirks = admin.get("/api/devices/quirks").json()["quirks"]
    assert len(quirks) > 15 and all(one["source"].startswith("https://") for one in quirks)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (["mac:a"], ["mac:a"], True),
        (["mac:a", "serial:x"], ["mac:a"], True),
        (["serial:x"], ["serial:x", "mac:a"], True),
        (["mac:a", "serial:x"], ["mac:b", "serial:x"], False),
        (["mac:a", "serial:x"], ["mac:a", "serial:y"], False),
        (["mac:a", "mac:b"], ["mac:b", "mac:c"], True),
        (["endpoint:u"], ["endpoint:u"], True),
        ([], [], False),
    ],
)
def test_two_devices_are_one_by_what_they_state_and_nothing_against_it(one, other, same):
    assert is_same(one, other) is same
    assert is_same(other, one) is same
