"""The four rates of document 996: each is the sum of its rows, and every row says why."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.cameras import vault

WEST_TOWN, EAST_TOWN = 610522101000, 610522102000
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def board(client: Any, **asked: Any) -> dict[str, dict[str, Any]]:
    answer = client.get("/api/coverage/rates", params=asked)
    assert answer.status_code == 200, answer.text
    return {rate["code"]: rate for rate in answer.json()["rates"]}


def rows(client: Any, code: str, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/coverage/rates/{code}/rows", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["rows"])


def seen(land: Any, place: int, certain: float, *, measure: str = "outline", **more: Any) -> None:
    """Store a figure of a place of which 100 m (or m2) are there, as a refresh does."""
    values = {"reading": "installed", "px": 40.0, "possible": 0.0} | more
    land.run(
        "INSERT INTO coverage_figures (subject_kind, subject_id, division_code, reading, measure,"
        " px_per_m, total, certain, possible, one, more, method)"
        " SELECT 'place', id, division_code, %s, %s, %s, 100, %s, %s, %s, 0, 'exact'"
        " FROM places WHERE id = %s",
        *(values["reading"], measure, values["px"], certain, values["possible"], certain, place),
    )


def key_places(land: Any) -> list[int]:
    """Make the four schools of the county key places; return their ids from west to east."""
    land.run("UPDATE places SET is_key = true WHERE division_code < 610523000000")
    found = land.run("SELECT id FROM places WHERE is_key ORDER BY ST_X(geom)")
    return [int(str(number)) for (number,) in found]


# --- covered ---------------------------------------------------------------------------------


def test_a_key_place_is_covered_from_four_fifths_of_its_outline_on(client, land) -> None:
    first, second, third, fourth = key_places(land)
    seen(land, first, 80.0)
    seen(land, second, 79.9, possible=20.0)
    seen(land, third, 100.0, px=20.0)  # not at the density asked for
    seen(land, fourth, 95.0, measure="area")  # it has no outline
    inspector = client("inspector")
    covered = board(inspector)["covered"]
    assert (covered["numerator"], covered["denominator"], covered["unknown"]) == (2, 4, 1)
    assert (covered["value"], covered["target"], covered["is_met"]) == (0.5, 1.0, False)
    assert "40" in covered["formula_zh"] and "80%" in covered["formula_en"]
    listed = rows(inspector, "covered")
    assert [(row["id"], row["counts"]) for row in listed] == [
        (third, False),
        (second, False),
        (first, True),
        (fourth, True),
    ]
    why = {row["id"]: row["why_zh"] for row in listed}
    assert why[third] == "覆盖尚未计算"
    assert why[second] == "轮廓的 80% 确定可见；另有 20% 可能看见"
    assert why[fourth] == "周边的 95% 确定可见"


def test_a_place_whose_camera_died_stays_covered_as_installed_and_says_so(client, land) -> None:
    place = key_places(land)[0]
    seen(land, place, 90.0)
    seen(land, place, 10.0, reading="now")
    operator = client("operator", WEST_TOWN)
    row = next(row for row in rows(operator, "covered") if row["id"] == place)
    assert row["counts"] and "此刻只有 10%" in row["why_zh"]


def test_public_areas_and_trades_stand_apart(client, land) -> None:
    market, school, *others = key_places(land)
    land.run("UPDATE places SET kind = '市场' WHERE id = %s", market)
    for place in others:
        land.run("UPDATE places SET is_key = false WHERE id = %s", place)
    seen(land, market, 100.0)
    seen(land, school, 0.0)
    parts = {part["place_class"]: part for part in board(client("admin"))["covered"]["parts"]}
    assert (parts["public_area"]["value"], parts["trade"]["value"]) == (1.0, 0.0)
    # The line between them is a table: moving a kind moves its places.
    land.run("UPDATE place_classes SET place_class = 'public_area' WHERE kind = 'school'")
    parts = {part["place_class"]: part for part in board(client("admin"))["covered"]["parts"]}
    assert (parts["public_area"]["denominator"], parts["trade"]["value"]) == (2, None)


def test_nothing_to_divide_by_is_null_with_a_reason(client, land) -> None:
    planner = client("planner")
    rates = board(planner)
    assert {code: rate["value"] for code, rate in rates.items()} == {
        **{"covered": None, "networked": None, "working": None, "secured": None}
    }
    assert rates["covered"]["reason_zh"] == "覆盖尚未计算"  # one key place, no figure yet
    assert rates["secured"]["reason_en"] == "no device is enrolled"
    land.run("UPDATE places SET is_key = false")
    assert board(planner)["covered"]["reason_en"] == "no place is marked as a key place"


# --- networked and secured -------------------------------------------------------------------


def put_device(land: Any, camera: int, address: str | None = None, **more: Any) -> None:
    # Cameras at one address are channels of one device and share its login.
    address = address or f"http://10.0.0.{camera}/onvif"
    values = {"state": "accepted", "secret": vault.seal("admin", "x")} | more
    land.run(
        "INSERT INTO devices (camera_id, address, auth_state, secret) VALUES (%s, %s, %s, %s)",
        *(camera, address, values["state"], values["secret"]),
    )


def test_networked_counts_devices_that_have_answered(client, land) -> None:
    none, silent, rejected, accepted, framed = (
        land.add_camera(name, 110.005, 34.505) for name in ("无", "哑", "拒", "通", "曾通")
    )
    put_device(land, silent, state="unknown")
    put_device(land, rejected, state="rejected")
    put_device(land, accepted)
    put_device(land, framed, state="unknown")
    land.run("UPDATE cameras SET last_frame_at = now() WHERE id = %s", framed)
    planner = client("planner")
    networked = board(planner)["networked"]
    assert (networked["numerator"], networked["denominator"]) == (2, 5)
    assert (networked["value"], networked["target"]) == (0.4, 1.0)
    missing = rows(planner, "networked", missing=True)
    assert {row["id"]: row["why_en"] for row in missing} == {
        none: "no device is enrolled",
        silent: "the enrolled device has never answered",
        rejected: "the device answers and rejects the login",
    }


@pytest.mark.parametrize(
    ("device", "unit", "why"),
    [
        ({}, "云溪县公安局", None),
        ({}, None, "no managing unit is known"),
        ({"secret": None}, "局", "the device lets anybody in without a login"),
        ({"state": "rejected"}, "局", "the device has not accepted the login"),
        ({"secret": b"admin:x"}, "局", "the login is not sealed"),
        ({"address": "http://192.0.2.1/"}, "局", "the address lies outside the allowed networks"),
        (
            {"address": "http://camera.local/"},
            "局",
            "the address is a name: its network cannot be checked",
        ),
        ({"address": "http://169.254.1.1/"}, " ", None),
    ],
)
def test_secured_names_what_is_missing(client, land, device, unit, why) -> None:
    camera = land.add_camera("门口", 110.005, 34.505)
    land.add_camera("未接入", 110.006, 34.505)  # no device: not in this list
    land.run("UPDATE cameras SET managing_unit = %s WHERE id = %s", unit, camera)
    put_device(land, camera, **device)
    planner = client("planner")
    (row,) = rows(planner, "secured")
    assert row["counts"] is (unit == "云溪县公安局")
    if why:
        assert row["why_en"] == why
    secured = board(planner)["secured"]
    assert (secured["denominator"], secured["target"], secured["is_met"]) == (1, None, None)
    assert vault.seal("admin", "x") not in planner.get("/api/coverage/rates/secured/rows").content


# --- working ---------------------------------------------------------------------------------


def check(land: Any, camera: int, minutes: float, frames: bool, last: float | None = None) -> None:
    """Store a run of checks, minutes after noon."""
    ended = None if last is None else NOON + timedelta(minutes=last)
    land.run(
        "INSERT INTO camera_checks (camera_id, at, last_at, has_frames) VALUES (%s, %s, %s, %s)",
        *(camera, NOON + timedelta(minutes=minutes), ended, frames),
    )


FROM_NOON = {"from": NOON.isoformat(), "to": (NOON + timedelta(hours=10)).isoformat()}


def test_working_is_the_share_of_known_time_with_frames(client, land) -> None:
    """A check holds 10 minutes (2 x 300 s), a run until 10 minutes after its last check.

    Ten hours from noon. 甲: frames 0-60 min (holds to 70), none at 70 (to 80), then silence,
    frames 300-355 (to 365): known 70 + 10 + 65 = 145 min, frames 135. 乙: frames from before noon
    to 20 min (to 30): known and frames 30. 丙 was never checked.
    """
    first, second, third = (land.add_camera(n, 110.005, 34.505) for n in ("甲", "乙", "丙"))
    check(land, first, 0, True, 60)
    check(land, first, 70, False)
    check(land, first, 300, True, 355)
    check(land, second, -30, True, 20)
    check(land, third, -300, True, -200)  # ended long before the period
    planner = client("planner")
    working = board(planner, **FROM_NOON)["working"]
    assert working["numerator"] == pytest.approx((135 + 30) / 60)
    assert working["denominator"] == pytest.approx((145 + 30) / 60)
    assert working["value"] == pytest.approx(165 / 175)
    assert working["unknown"] == pytest.approx(30 - 175 / 60)  # three cameras for ten hours
    assert working["target"] is None
    public = working["parts"][0]
    assert (public["place_class"], public["target"], public["is_met"]) == (
        *("public_area", 0.98, False),
    )
    assert working["is_met"] is False
    listed = rows(planner, "working", **FROM_NOON)
    assert [(row["id"], row["counts"], row["share"]) for row in listed] == [
        (third, False, None),
        (first, False, pytest.approx(135 / 145)),
        (second, True, 1.0),
    ]
    assert listed[0]["why_zh"] == "未登记设备，无从检查"
    assert "2.4 小时中有 2.2 小时" in listed[1]["why_zh"]


def test_a_turn_ends_the_run_before_at_once(client, land) -> None:
    camera = land.add_camera("门口", 110.005, 34.505)
    check(land, camera, 0, True)
    check(land, camera, 4, False)
    (row,) = rows(client("planner"), "working", **FROM_NOON)
    assert (row["numerator"], row["denominator"]) == (
        pytest.approx(4 / 60),
        pytest.approx(14 / 60),
    )


def test_what_lies_ahead_is_not_known(client, land) -> None:
    """The check just made holds no longer than until now."""
    camera = land.add_camera("门口", 110.005, 34.505)
    land.run("INSERT INTO camera_checks (camera_id, has_frames) VALUES (%s, true)", camera)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    (row,) = rows(client("planner"), "working", to=tomorrow)
    assert row["denominator"] < 30 / 3600


def test_a_camera_of_a_key_trade_is_measured_by_its_own_target(client, land) -> None:
    """By its use (UseType 3), or standing on a key place of a trade; 95 % there, 98 % elsewhere."""
    by_use, inside, street = (
        land.add_camera(n, lon, 34.505)
        for n, lon in (("a", 110.001), ("b", 110.005), ("c", 110.009))
    )
    land.run("UPDATE cameras SET use_type = '3' WHERE id = %s", by_use)
    land.run(
        "UPDATE places SET outline = ST_Multi(ST_MakeEnvelope(110.004, 34.504, 110.006, 34.506,"
        " 4326)) WHERE is_key"
    )
    for camera in (by_use, inside, street):  # frames until the 96th of 100 minutes
        check(land, camera, 0, True, 86)
        check(land, camera, 96, False)
    to = {"from": NOON.isoformat(), "to": (NOON + timedelta(minutes=100)).isoformat()}
    listed = {row["id"]: row for row in rows(client("planner"), "working", **to)}
    assert {n: listed[n]["share"] for n in listed} == dict.fromkeys(
        (by_use, inside, street), pytest.approx(0.96)
    )
    assert {n: listed[n]["place_class"] for n in listed} == {
        **{by_use: "trade", inside: "trade", street: "public_area"}
    }
    assert {n: listed[n]["counts"] for n in listed} == {by_use: True, inside: True, street: False}


# --- whose, and how asked --------------------------------------------------------------------


def test_a_figure_is_the_sum_of_its_rows_and_ends_at_the_jurisdiction(client, land) -> None:
    for lon in (110.005, 110.045, 110.1):
        camera = land.add_camera(f"c{lon}", lon, 34.505)
        put_device(land, camera)
        land.run("INSERT INTO camera_checks (camera_id, has_frames) VALUES (%s, true)", camera)
    for division, count in ((WEST_TOWN, 1), (610522000000, 2), (0, 3)):
        admin = client("admin", division)
        for code, rate in board(admin).items():
            listed = rows(admin, code, limit=1000)
            for amount in ("numerator", "denominator", "unknown"):
                assert rate[amount] == pytest.approx(sum(row[amount] for row in listed), abs=1e-3)
            if code != "covered":
                assert len(listed) == count
    east = client("planner", EAST_TOWN)
    assert east.get(f"/api/coverage/rates?division={WEST_TOWN}").status_code == 404
    county = client("planner")
    assert len(rows(county, "networked", division=str(WEST_TOWN))) == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-11-20T12:00:00"},  # no zone
        {"from": "2026-11-20T12:00:00Z", "to": "2026-11-20T12:00:00Z"},
        {"from": "2999-01-01T00:00:00Z"},
        {"to": "0001-01-01T00:00:00Z"},
        {"from": "2001-01-01T00:00:00Z"},
        {"division": "61"[:1]},
    ],
)
def test_a_period_or_division_that_cannot_be_is_a_422(client, land, asked) -> None:
    planner = client("planner")
    assert planner.get("/api/coverage/rates", params=asked).status_code == 422
    assert planner.get("/api/coverage/rates/working/rows", params=asked).status_code == 422
    assert planner.get("/api/coverage/rates/perfect/rows").status_code == 422


def test_a_density_that_is_not_computed_is_an_installations_fault(
    client, land, monkeypatch, forget_settings
) -> None:
    planner = client("planner")
    monkeypatch.setenv("GRIDLINK_COVERAGE__RATE_PX_PER_M", "55")
    forget_settings()
    answer = planner.get("/api/coverage/rates")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "misconfigured")


def test_the_checks_of_many_cameras_are_read_by_index(land) -> None:
    from backend import db
    from backend.coverage.rates.rows import _question, text

    land.run(
        "INSERT INTO cameras (set_name, name, division_code, geom) SELECT 't', 'c' || i,"
        " 610522101201 + (i % 40) * 1000, ST_SetSRID(ST_Point(110, 34.5), 4326)"
        " FROM generate_series(1, 4000) i"
    )
    land.run(
        "INSERT INTO camera_checks (camera_id, at, has_frames)"
        " SELECT id, now() - i * interval '1 h', true FROM cameras, generate_series(1, 20) i"
    )
    land.run("ANALYZE cameras, camera_checks")
    asked = {"low": WEST_TOWN, "high": WEST_TOWN + 999, "hold_s": 600.0}
    asked |= {"since": NOON, "until": datetime.now(UTC)}
    with db.begin(db.Scope(1, WEST_TOWN, WEST_TOWN + 999)) as session:
        plan = text("EXPLAIN " + _question("rates_checks").text)
        lines = "\n".join(session.scalars(plan, asked))
    assert "cameras_division_idx" in lines and "camera_checks_pkey" in lines, lines


def test_the_command_shows_the_same_as_the_api(client, land) -> None:
    from typer.testing import CliRunner

    from backend.coverage.commands import coverage

    camera = land.add_camera("门口", 110.005, 34.505)
    put_device(land, camera, state="unknown")
    told = CliRunner().invoke(coverage, ["rates", "networked", "--missing", "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.output)["rows"] == rows(client("admin", 0), "networked")
    table = CliRunner().invoke(coverage, ["rates", "--division", "610522"])
    assert "全域覆盖" in table.output and "100.0%" in table.output
    wrong = CliRunner().invoke(coverage, ["rates", "--division", "61052"])
    assert wrong.exit_code == 2
