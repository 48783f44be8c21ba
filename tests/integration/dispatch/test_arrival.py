"""到场: proven by a position or a photograph with its place, else on record as stated."""

import hashlib
import io
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

HERE = {"lon": 110.011, "lat": 34.512}
AWAY = {"lon": 110.013, "lat": 34.512}
"""183 m east of HERE: 0.002° x 111,320 m x cos(34.512°) = 183.5 m."""


def act(client, assignment, name, **more):
    body = {"act": name, "version": assignment["version"], **more}
    answer = client.post(f"/api/assignments/{assignment['id']}/acts", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def picture(form: str = "JPEG", size: tuple[int, int] = (640, 480), **more) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (40, 90, 160)).save(out, form, **more)
    return out.getvalue()


def bomb(width_px: int, height_px: int) -> bytes:
    """Return a PNG of a few kilobytes that says it has 900 million pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)

    head = width_px.to_bytes(4) + height_px.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    rows = zlib.compress(bytes(10_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def accepted(dispatcher, make, unit):
    """Return an accepted assignment of a unit that was heard far from the task."""
    (offered,) = make(unit_ids=[unit("A1", lonlat=(110.0005, 34.5005))])["assignments"]
    return act(dispatcher, offered, "accept")


def upload(client, assignment, content=None, **query):
    return client.post(
        "/api/photographs",
        params={"assignment_id": assignment["id"], **query},
        content=content or picture(),
        headers={"Content-Type": "image/jpeg"},
    )


def now() -> str:
    return datetime.now(UTC).isoformat()


@pytest.mark.parametrize(
    ("accuracy", "proof"),
    [(10, "position"), (99, "position"), (101, "stated"), (None, "position")],
)
def test_a_position_proves_if_its_accuracy_leaves_no_doubt(
    dispatcher, accepted, accuracy, proof
) -> None:
    sent = HERE if accuracy is None else {**HERE, "accuracy": accuracy}
    assert act(dispatcher, accepted, "arrive", **sent)["arrival_proof"] == proof


def test_a_position_elsewhere_proves_nothing_and_its_distance_is_on_record(
    dispatcher, accepted
) -> None:
    arrived = act(dispatcher, accepted, "arrive", **AWAY, accuracy=5)
    assert arrived["arrival_proof"] == "stated"
    assert arrived["arrival_distance_m"] == pytest.approx(183.5, abs=1)


def test_a_fix_of_the_tracker_near_the_moment_proves_it(dispatcher, accepted, land, heard) -> None:
    at = datetime.now(UTC) - timedelta(minutes=9)
    heard(accepted["unit_id"], (110.0111, 34.512), at)
    arrived = act(dispatcher, accepted, "arrive")
    assert arrived["arrival_proof"] == "position"
    assert arrived["arrival_distance_m"] == pytest.approx(9.2, abs=0.2)


def test_a_fix_of_an_hour_ago_proves_nothing(dispatcher, accepted, land, heard) -> None:
    heard(accepted["unit_id"], (110.011, 34.512), datetime.now(UTC) - timedelta(minutes=11))
    assert act(dispatcher, accepted, "arrive")["arrival_proof"] == "stated"


def test_a_photograph_with_its_place_proves_it(dispatcher, accepted) -> None:
    made = upload(dispatcher, accepted, taken_at=now(), **HERE).json()
    arrived = act(dispatcher, accepted, "arrive", photograph_id=made["id"])
    assert (arrived["arrival_proof"], arrived["arrival_distance_m"]) == ("photograph", 0)


@pytest.mark.parametrize("query", [{}, HERE, {"taken_at": "2026-01-01T00:00:00Z", **HERE}])
def test_a_photograph_without_place_or_of_another_time_proves_nothing(
    dispatcher, accepted, query
) -> None:
    upload(dispatcher, accepted, **query)
    assert act(dispatcher, accepted, "arrive")["arrival_proof"] == "stated"


def test_a_photograph_of_another_assignment_is_refused_as_proof(
    dispatcher, accepted, make, unit
) -> None:
    (other,) = make(unit_ids=[unit("A2")])["assignments"]
    made = upload(dispatcher, other, taken_at=now(), **HERE).json()
    body = {"act": "arrive", "photograph_id": made["id"]}
    answer = dispatcher.post(f"/api/assignments/{accepted['id']}/acts", json=body)
    assert answer.json()["error"]["code"] == "dispatch.wrong_photograph"


def test_a_task_of_grids_is_reached_anywhere_inside_one(dispatcher, land, unit) -> None:
    code = "610522101201001"  # lon 110.00-110.02, lat 34.50-34.52
    grid = int(str(land.run("SELECT id FROM grids WHERE code = %s", code)[0][0]))
    away = unit("A1", lonlat=(110.05, 34.53))
    body = {"title": "补巡", "grid_ids": [grid], "unit_ids": [away]}
    (offered,) = dispatcher.post("/api/tasks", json=body).json()["assignments"]
    inside = {"lon": 110.0195, "lat": 34.5005, "accuracy": 20}
    arrived = act(dispatcher, act(dispatcher, offered, "accept"), "arrive", **inside)
    assert (arrived["arrival_proof"], arrived["arrival_distance_m"]) == ("position", 0)


def test_a_photograph_keeps_pixels_alone_with_place_and_time_beside(dispatcher, accepted) -> None:
    exif = Image.Exif()
    exif[0x010E] = "written by a phone"
    exif.get_ifd(0x8769)[36867] = "2026:11:21 08:15:00"
    exif.get_ifd(0x8769)[36881] = "+08:00"
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (34.0, 30.0, 43.2), "E", (110.0, 0.0, 39.6)
    content = picture(exif=exif.tobytes()) + b"trailing secret"
    made = upload(dispatcher, accepted, content).json()
    assert made["taken_at"] == "2026-11-21T00:15:00Z"
    assert (made["lon"], made["lat"]) == pytest.approx((110.011, 34.512), abs=1e-9)
    assert made["place_how"] == "file"
    kept = dispatcher.get(f"/api/photographs/{made['id']}")
    assert kept.headers["content-type"] == "image/jpeg"
    assert hashlib.sha256(kept.content).hexdigest() == made["sha256"]
    shown = Image.open(io.BytesIO(kept.content))
    assert (shown.size, dict(shown.getexif())) == ((640, 480), {})
    assert b"trailing secret" not in kept.content


@pytest.mark.parametrize(("form", "size"), [("PNG", (4000, 1000)), ("WEBP", (640, 480))])
def test_other_forms_become_a_jpeg_of_bounded_size(dispatcher, accepted, form, size) -> None:
    made = upload(dispatcher, accepted, picture(form, size)).json()
    assert max(made["width_px"], made["height_px"]) == min(2048, max(size))
    content = dispatcher.get(f"/api/photographs/{made['id']}").content
    assert Image.open(io.BytesIO(content)).format == "JPEG"


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture()[:200],
        b"\x00",
        bomb(30_000, 30_000),
    ],
    ids=["gif", "svg", "cut", "nothing", "bomb"],
)
def test_what_is_no_photograph_is_refused_and_not_kept(dispatcher, accepted, land, content) -> None:
    answer = upload(dispatcher, accepted, content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "photographs.unreadable")
    assert land.run("SELECT count(*) FROM photographs") == [(0,)]


def test_a_photograph_too_large_is_refused(dispatcher, accepted) -> None:
    assert upload(dispatcher, accepted, bytes(2 * 1024 * 1024 + 1)).status_code == 413


def test_a_photograph_sent_twice_with_its_key_is_kept_once(dispatcher, accepted, land) -> None:
    params = {"assignment_id": accepted["id"]}
    headers = {"Idempotency-Key": "shot-1", "Content-Type": "image/jpeg"}
    made = [
        dispatcher.post("/api/photographs", params=params, content=picture(), headers=headers)
        for _ in range(2)
    ]
    assert made[0].json() == made[1].json()
    assert land.run("SELECT count(*) FROM photographs") == [(1,)]


def test_a_task_has_enough_photographs_at_some_point(
    dispatcher, accepted, land, monkeypatch
) -> None:
    from backend.dispatch.photographs import keeping

    monkeypatch.setattr(keeping, "MOST", 2)
    answers = [upload(dispatcher, accepted) for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 201, 409]


def test_reading_a_photograph_is_on_the_register(dispatcher, accepted, client) -> None:
    made = upload(dispatcher, accepted).json()
    dispatcher.get(f"/api/photographs/{made['id']}")
    entries = client("admin").get("/api/register").json()["entries"]
    assert [e["act"] for e in entries if e["act"].startswith("photograph")] == [
        "photograph.read",
        "photograph.added",
    ]


def test_a_picture_goes_when_its_time_is_over_and_the_facts_stay(
    dispatcher, accepted, land
) -> None:
    from backend.db import begin
    from backend.dispatch.photographs import keeping as photographs

    made = upload(dispatcher, accepted, **HERE).json()
    for days, status in ((364, 200), (366, 404)):
        with begin() as session:
            photographs.forget_old(session, datetime.now(UTC) + timedelta(days=days))
        assert dispatcher.get(f"/api/photographs/{made['id']}").status_code == status
    (known,) = dispatcher.get(f"/api/photographs?task_id={made['task_id']}").json()
    assert known["sha256"] == made["sha256"]


def test_nobody_changes_a_photograph_or_a_timeline(dispatcher, accepted, land) -> None:
    import psycopg

    upload(dispatcher, accepted)
    for statement in (
        "UPDATE photographs SET taken_at = now()",
        "UPDATE photographs SET content = '\\x00'",
        "DELETE FROM photographs",
        "UPDATE task_entries SET text = 'x'",
        "DELETE FROM task_entries",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            land.run(statement)
