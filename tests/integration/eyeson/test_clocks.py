"""Eyes-on clocks: seen by a live camera or reached by a unit, unknown apart, due by rules."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from backend import db
from backend.eyeson import tasks, ticking
from backend.eyeson.commands import show_clocks
from backend.eyeson.reaching import reach

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOLD = timedelta(seconds=600)  # twice the default media.check_every_s
WEST, EAST = 610522101000, 610522102000


def tick(now: datetime) -> ticking.Ticked:
    with db.begin() as session:
        return ticking.tick(session, now)


class Watch:
    """Coverage and checks as their own jobs would have left them, put there by hand."""

    def __init__(self, land: Any) -> None:
        self.land = land

    def grid(self, code: str = "P1") -> int:
        return int(self.land.run("SELECT id FROM grids WHERE code = %s", code)[0][0])

    def place(self) -> int:
        return int(self.land.run("SELECT id FROM places WHERE is_key")[0][0])

    def ground(self, kind: str, number: int, total: float, certain: float, possible=0.0) -> None:
        self.land.run(
            "INSERT INTO coverage_figures (subject_kind, subject_id, division_code, reading,"
            " measure, px_per_m, total, certain, possible, one, more, method)"
            " VALUES (%s, %s, 0, 'installed', 'area', 20, %s, %s, %s, 0, 0, 'exact')",
            *(kind, number, total, certain, possible),
        )

    def camera(self, name: str, kind: str, number: int, seen_m2: float) -> int:
        camera = self.land.add_camera(name, 110.01, 34.51)
        self.land.run(
            "INSERT INTO coverage_sights (camera_id, subject_kind, subject_id, division_code,"
            " seen_m2) VALUES (%s, %s, %s, 0, %s)",
            *(camera, kind, number, seen_m2),
        )
        return int(camera)

    def check(
        self, camera: int, at: datetime, until: datetime | None = None, *, frames=True
    ) -> None:
        self.land.run(
            "INSERT INTO camera_checks (camera_id, at, last_at, has_frames)"
            " VALUES (%s, %s, %s, %s)",
            *(camera, at, until, frames),
        )

    def clock(self, kind: str, number: int) -> dict[str, Any]:
        with psycopg.connect(self.land.url) as connection:
            cursor = connection.execute(
                "SELECT * FROM eyeson_clocks WHERE subject_kind = %s AND subject_id = %s",
                (kind, number),
            )
            names = [column.name for column in cursor.description]
            return dict(zip(names, cursor.fetchone(), strict=True))


@pytest.fixture
def watch(land) -> Watch:
    return Watch(land)


def test_a_grid_in_view_of_a_live_camera_is_seen_now_and_by_which(watch) -> None:
    grid = watch.grid()
    watch.ground("grid", grid, 1000, 300)
    small, large = (watch.camera(n, "grid", grid, m2) for n, m2 in (("小", 150), ("大", 250)))
    for camera in (small, large):
        watch.check(camera, NOON - timedelta(minutes=30), NOON)
    tick(NOON)
    clock = watch.clock("grid", grid)
    assert (clock["view"], clock["camera_at"], clock["camera_id"]) == ("in_view", NOON, large)
    assert clock["colour"] == "none"


def test_less_than_the_stated_share_is_no_view(watch) -> None:
    grid = watch.grid()
    watch.ground("grid", grid, 1000, 90)  # a tenth is wanted
    watch.check(watch.camera("a", "grid", grid, 90), NOON - timedelta(minutes=1))
    tick(NOON)
    assert watch.clock("grid", grid)["view"] == "out_of_view"
    assert watch.clock("grid", grid)["camera_at"] is None


def test_the_clock_runs_from_when_the_camera_s_last_check_stops_speaking(watch) -> None:
    grid = watch.grid()
    watch.ground("grid", grid, 1000, 300)
    camera = watch.camera("a", "grid", grid, 300)
    watch.check(camera, NOON - timedelta(minutes=30), NOON)
    tick(NOON)
    tick(NOON + timedelta(minutes=45))
    clock = watch.clock("grid", grid)
    assert (clock["view"], clock["camera_at"]) == ("unknown", NOON + HOLD)


def test_a_dead_camera_ends_the_view_at_once_and_a_blind_one_never_was_an_eye(watch) -> None:
    grid = watch.grid()
    watch.ground("grid", grid, 1000, 300)
    camera = watch.camera("a", "grid", grid, 300)
    watch.check(camera, NOON - timedelta(minutes=30), NOON - timedelta(minutes=2))
    watch.check(camera, NOON, frames=False)
    tick(NOON + timedelta(minutes=3))
    clock = watch.clock("grid", grid)
    assert (clock["view"], clock["camera_at"]) == ("out_of_view", NOON)
    watch.land.run("UPDATE cameras SET view_fault = 'blind'")
    watch.check(camera, NOON + timedelta(minutes=4))
    tick(NOON + timedelta(minutes=5))
    assert watch.clock("grid", grid)["view"] == "out_of_view"


def test_a_camera_nobody_checked_and_one_that_sees_only_perhaps_are_unknown_never_seen(
    watch,
) -> None:
    unchecked, perhaps, none = (watch.grid(code) for code in ("P1", "P2", "P3"))
    watch.ground("grid", unchecked, 1000, 300)
    watch.camera("a", "grid", unchecked, 300)
    watch.ground("grid", perhaps, 1000, 0, possible=400)
    watch.check(watch.camera("b", "grid", perhaps, 0), NOON - timedelta(minutes=1))
    watch.ground("grid", none, 1000, 0)
    tick(NOON)
    views = [watch.clock("grid", grid)["view"] for grid in (unchecked, perhaps, none)]
    assert views == ["unknown", "unknown", "no_camera"]
    assert watch.clock("grid", unchecked)["camera_at"] is None


def test_hours_hold_what_was_seen_unknown_and_not_and_a_standstill_is_caught_up(watch) -> None:
    grid = watch.grid()
    watch.ground("grid", grid, 1000, 300)
    camera = watch.camera("a", "grid", grid, 300)
    watch.check(camera, NOON + timedelta(minutes=10), NOON + timedelta(minutes=20))  # to :30
    watch.check(camera, NOON + timedelta(minutes=40), frames=False)  # dead to :50
    tick(NOON)
    tick(NOON + timedelta(hours=2, minutes=5))
    rows = watch.land.run(
        "SELECT hour, seen_s, unknown_s FROM eyeson_hours WHERE hour >= %s ORDER BY hour", NOON
    )
    # 12-13 h: 20 minutes in view, 10 dead, 30 unknown; then nobody looked.
    assert rows == [(NOON, 1200, 1800), (NOON + timedelta(hours=1), 0, 3600)]


def test_ticking_twice_changes_nothing(watch) -> None:
    grid = watch.grid()
    watch.ground("grid", grid, 1000, 300)
    watch.check(watch.camera("a", "grid", grid, 300), NOON - timedelta(hours=2), NOON)

    def state() -> list[Any]:
        return [
            watch.land.run(f"SELECT * FROM {table} ORDER BY 1, 2, 3")
            for table in ("eyeson_clocks", "eyeson_hours")
        ]

    tick(NOON + timedelta(minutes=10))
    first = state()
    tick(NOON + timedelta(minutes=10))
    assert state() == first


def test_a_unit_s_sure_visit_sets_the_clock_back_and_a_doubtful_one_does_not(watch) -> None:
    grid = watch.grid()
    watch.land.run("INSERT INTO units (code, name, kind) VALUES ('甲', '甲', 'grid_worker')")
    add = (
        "INSERT INTO visits (unit_id, grid_id, division_code, day, entered_at, left_at, dwell_s,"
        " is_sure, basis, is_continued) SELECT u.id, %s, 610522101201, CAST(%s AS timestamptz)"
        "::date, %s, %s, 60, %s, 'seen', false FROM units u"
    )
    for minutes, sure in ((-90, True), (-200, True), (-20, False)):
        left = NOON + timedelta(minutes=minutes)
        watch.land.run(add, grid, left, left - timedelta(minutes=1), left, sure)
    tick(NOON)
    clock = watch.clock("grid", grid)
    assert clock["unit_at"] == NOON - timedelta(minutes=90)
    assert clock["unit_id"] is not None
    watch.land.run("DELETE FROM visits WHERE left_at = %s", NOON - timedelta(minutes=90))
    tick(NOON)  # derived anew: what a late correction takes away is gone
    assert watch.clock("grid", grid)["unit_at"] == NOON - timedelta(minutes=200)


def test_fixes_on_the_ground_of_a_key_place_reach_it_and_a_passing_leg_does_not(watch) -> None:
    place = watch.place()  # 110.01, 34.51: a circle of 50 m
    watch.land.run("INSERT INTO units (code, name, kind) VALUES ('甲', '甲', 'grid_worker')")
    (unit,) = watch.land.run("SELECT id FROM units")[0]
    watch.land.run("SELECT fixes_partition('2026-03-02')")

    def fix(minute: float, lon: float) -> None:
        watch.land.run(
            "INSERT INTO fixes (unit_id, at, lon_e7, lat_e7, accuracy_dm) VALUES (%s,%s,%s,%s, 50)",
            *(unit, NOON + timedelta(minutes=minute), round(lon * 1e7), 345100000),
        )

    def derived() -> None:
        watch.land.run("INSERT INTO patrol_dirty (unit_id, day) VALUES (%s, '2026-03-02')", unit)
        watch.land.run("DELETE FROM patrol_dirty")  # as patrol does when it is done
        with db.begin() as session:
            assert reach(session) == 1
            assert reach(session) == 0

    for n in range(10):  # 1.2 m/s westwards, 73 m a minute, past the place from 110.013
        fix(n, 110.013 - 0.0008 * n)
    derived()
    reached = "SELECT reached_at, left_at FROM eyeson_reaches WHERE place_id = %s"
    # 110.0106 - 110.0098 - 110.0090: only minute 4 (110.0098, 18 m) lies within 50 m (0.00055).
    minute = NOON + timedelta(minutes=4)
    assert watch.land.run(reached, place) == [(minute, minute)]
    tick(NOON + timedelta(minutes=30))
    assert watch.clock("place", place)["unit_at"] == minute
    fix(4.5, 110.0096)  # late: the same run grows
    derived()
    assert watch.land.run(reached, place) == [(minute, NOON + timedelta(minutes=4.5))]


def test_colours_come_by_deadline_and_are_past_nothing_without_one(watch) -> None:
    grid = watch.grid()
    watch.land.run("UPDATE eyeson_deadlines SET deadline_s = 3600 WHERE subject_kind = 'grid'")
    tick(NOON)
    seen = []
    for minutes in (47, 49, 61, 121):
        tick(NOON + timedelta(minutes=minutes))
        seen.append(watch.clock("grid", grid)["colour"])
    assert seen == ["none", "blue", "yellow", "red"]
    watch.land.run("DELETE FROM eyeson_deadlines")
    tick(NOON + timedelta(minutes=122))
    clock = watch.clock("grid", grid)
    assert (clock["colour"], clock["deadline_s"]) == ("none", None)


def test_the_narrowest_deadline_holds(watch, client) -> None:
    grid, place = watch.grid(), watch.place()
    admin = client("admin", 610522000000)

    def put(**rule: Any) -> None:
        answer = admin.put("/api/eyeson/deadlines", json=rule)
        assert answer.status_code == 200, answer.text

    def now() -> tuple[int, int]:
        tick(NOON)
        return tuple(watch.clock(*s)["deadline_s"] for s in (("grid", grid), ("place", place)))

    assert now() == (86_400, 43_200)
    put(subject_kind="grid", deadline_s=7200)
    put(subject_kind="place", kind="school", deadline_s=3600)
    assert now() == (7200, 3600)
    put(subject_kind="grid", division="610522101", deadline_s=5000)
    assert now()[0] == 5000
    put(subject_kind="grid", kind="basic", deadline_s=4000)
    assert now()[0] == 4000  # the kind goes before the smaller division
    put(subject_kind="grid", subject_id=grid, deadline_s=600)
    assert now()[0] == 600
    put(subject_kind="grid", subject_id=grid, deadline_s=None)
    assert now()[0] == 4000
    acts = watch.land.run("SELECT count(*) FROM register WHERE act = 'eyeson.deadline'")
    assert acts == [(6,)]


def test_an_overdue_subject_has_one_alert_that_worsens_and_clears_without_a_storm(watch) -> None:
    grid = watch.grid()
    watch.land.run("DELETE FROM eyeson_deadlines")
    watch.land.run(
        "INSERT INTO eyeson_deadlines (subject_kind, subject_id, division_code, deadline_s)"
        " VALUES ('grid', %s, 610522101201, 3600)",
        grid,
    )
    watch.ground("grid", grid, 1000, 300)
    camera = watch.camera("a", "grid", grid, 300)
    for minutes in (0, 59, 61, 62, 63, 121, 122):
        tick(NOON + timedelta(minutes=minutes))
    told = "SELECT severity, rule, cleared_at IS NULL FROM alerts WHERE kind = 'eyeson' ORDER BY id"
    assert watch.land.run(told) == [("red", "eyeson.unseen", True)]
    watch.check(camera, NOON + timedelta(minutes=122, seconds=30))
    tick(NOON + timedelta(minutes=123))
    assert watch.land.run(told) == [("red", "eyeson.unseen", False)]


# --- at the API --------------------------------------------------------------------------------


def test_the_list_shows_the_longest_unseen_first_with_counts_by_colour(watch, client) -> None:
    now = datetime.now(UTC)
    seen = watch.grid("P1")
    watch.ground("grid", seen, 1000, 300)
    watch.check(watch.camera("东门", "grid", seen, 300), now - timedelta(minutes=30), now)
    tick(now - timedelta(days=3))
    tick(now)
    page = client("dispatcher").get("/api/eyeson", params={"subject": "grid"}).json()
    assert page["total"] == 12  # the neighbour's grid is not among them
    assert page["rows"][-1]["subject_id"] == seen
    last = page["rows"][-1]
    assert (last["seen_by"], last["camera_name"], last["view"]) == ("camera", "东门", "in_view")
    assert (last["is_at_least"], last["colour"]) == (False, "none")
    first = page["rows"][0]
    assert (first["seen_at"], first["is_at_least"], first["colour"]) == (None, True, "red")
    assert first["unseen_s"] == pytest.approx(3 * 86_400, abs=120)
    assert page["colours"] == {"none": 1, "blue": 0, "yellow": 0, "red": 11}
    red = (
        client("dispatcher").get("/api/eyeson", params={"subject": "grid", "colour": "red"}).json()
    )
    assert (red["total"], len(red["rows"])) == (11, 11)
    for sort in ("due", "name", "colour"):
        assert client("dispatcher").get("/api/eyeson", params={"sort": sort}).status_code == 200


def test_hours_show_cameras_and_feet_and_nothing_of_the_future(watch, client) -> None:
    grid = watch.grid()
    watch.ground("grid", grid, 1000, 300)
    camera = watch.camera("a", "grid", grid, 300)
    watch.check(camera, NOON, NOON + timedelta(minutes=50))
    tick(NOON)
    tick(NOON + timedelta(hours=1, minutes=30))
    watch.land.run("INSERT INTO units (code, name, kind) VALUES ('甲', '甲', 'grid_worker')")
    watch.land.run(
        "INSERT INTO visits (unit_id, grid_id, division_code, day, entered_at, left_at, dwell_s,"
        " is_sure, basis, is_continued) SELECT id, %s, 610522101201, '2026-03-02', %s, %s, 1200,"
        " true, 'seen', false FROM units",
        *(grid, NOON + timedelta(minutes=50), NOON + timedelta(minutes=70)),
    )
    day = {"subject": "grid", "id": grid, "day": "2026-03-02"}
    page = client("dispatcher").get("/api/eyeson/hours", params=day).json()
    assert page["total"] == 24
    # Noon UTC is 20 h in Shanghai.
    told = {row["hour"][:13]: row for row in page["rows"]}
    eight, nine = told["2026-03-02T12"], told["2026-03-02T13"]
    assert (eight["camera_share"], eight["unknown_share"]) == (1.0, 0.0)
    assert (eight["visits"], eight["dwell_s"]) == (1, 600)
    assert (nine["visits"], nine["units"], nine["dwell_s"]) == (0, 1, 600)
    assert nine["camera_share"] == 0.0
    assert told["2026-03-02T03"]["camera_share"] is None
    ahead = day | {"day": str((datetime.now(UTC) + timedelta(days=3)).date())}
    assert client("dispatcher").get("/api/eyeson/hours", params=ahead).json()["total"] == 0
    place = {"subject": "place", "id": watch.place(), "day": "2026-03-02"}
    assert client("dispatcher").get("/api/eyeson/hours", params=place).json()["total"] == 24


def test_nobody_sees_or_rules_beyond_his_jurisdiction(watch, client) -> None:
    tick(NOON)
    west, east = client("dispatcher", WEST), client("dispatcher", EAST)
    own = {row["subject_id"] for row in west.get("/api/eyeson").json()["rows"]}
    others = {row["subject_id"] for row in east.get("/api/eyeson").json()["rows"]}
    assert own
    assert others
    grid = watch.grid("P1")
    hours = {"subject": "grid", "id": grid, "day": "2026-03-02"}
    assert west.get("/api/eyeson/hours", params=hours).status_code == 200
    assert east.get("/api/eyeson/hours", params=hours).status_code == 404
    rule = {"subject_kind": "grid", "deadline_s": 600}
    assert east.put("/api/eyeson/deadlines", json=rule | {"subject_id": grid}).status_code == 404
    assert east.put("/api/eyeson/deadlines", json=rule | {"division": "610522"}).status_code == 404
    assert east.put("/api/eyeson/deadlines", json=rule).status_code == 200
    assert west.get("/api/eyeson/deadlines").json()["total"] == 0
    assert client("operator", EAST).put("/api/eyeson/deadlines", json=rule).status_code == 403


def test_clocks_of_a_division_are_found_by_their_index(watch) -> None:
    tick(NOON)
    watch.land.run(
        "INSERT INTO eyeson_clocks (subject_kind, subject_id, division_code, watched_since, view,"
        " colour, updated_at) SELECT 'grid', n, 700000000000 + n, now(), 'no_camera', 'none', now()"
        " FROM generate_series(100000, 130000) n"
    )
    watch.land.run("ANALYZE eyeson_clocks")
    with psycopg.connect(watch.land.url) as connection:
        connection.execute("SET ROLE gridlink_app")
        for name, value in (("low", WEST), ("high", WEST + 999_999)):
            connection.execute("SELECT set_config(%s, %s, false)", (f"gridlink.{name}", str(value)))
        plan = connection.execute(
            "EXPLAIN (FORMAT json) SELECT * FROM eyeson_clocks WHERE subject_kind = 'grid'"
            " AND division_code BETWEEN %s AND %s",
            (WEST, WEST + 999_999),
        ).fetchone()
    assert "eyeson_clocks_division_idx" in json.dumps(plan)


def test_the_job_takes_the_days_that_wait_and_moves_the_clocks(watch) -> None:
    watch.land.run("INSERT INTO units (code, name, kind) VALUES ('甲', '甲', 'grid_worker')")
    watch.land.run("INSERT INTO eyeson_dirty (unit_id, day) SELECT id, '2026-03-02' FROM units")
    tasks.tick_clocks()
    assert watch.land.run("SELECT count(*) FROM eyeson_dirty") == [(0,)]
    # 12 grids of the county, 1 of the neighbour, 1 key place
    assert watch.land.run("SELECT count(*) FROM eyeson_clocks") == [(14,)]
    watch.land.run("UPDATE grids SET valid_to = CURRENT_DATE WHERE code = 'P1'")
    tasks.tick_clocks()
    assert watch.land.run("SELECT count(*) FROM eyeson_clocks") == [(13,)]


def test_hours_are_kept_as_long_as_the_setting_says(watch) -> None:
    for days in (399, 401):
        watch.land.run(
            "INSERT INTO eyeson_hours (subject_kind, subject_id, hour, division_code, seen_s,"
            " unknown_s, known_until) VALUES ('grid', 1, now() - make_interval(days => %s), 0, 0,"
            " 0, now())",
            days,
        )
    tasks.forget_hours(0)
    assert watch.land.run("SELECT count(*) FROM eyeson_hours") == [(1,)]


def test_the_command_tells_what_the_api_tells(watch, client, capsys) -> None:
    tick(NOON)
    show_clocks(division="610522", limit=1000, tick=False, as_json=True)
    told = json.loads(capsys.readouterr().out)
    served = client("dispatcher").get("/api/eyeson", params={"limit": 1000}).json()
    own = ("subject_kind", "subject_id", "colour", "watched_since", "view")
    assert [[row[k] for k in own] for row in told["rows"]] == [
        [row[k] for k in own] for row in served["rows"]
    ]
    show_clocks(division=None, limit=3, tick=True, as_json=False)
    assert "no_camera" in capsys.readouterr().out
