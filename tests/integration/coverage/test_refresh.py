"""Coverage brought up to date: right figures, only where something changed, all or nothing."""

import os
import subprocess
import sys
import time
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend import db, localtime
from backend.cameras import registry, status
from backend.cameras.schemas import CameraEdit, PoseShape
from backend.coverage.refresh import Refreshed, refresh
from backend.coverage.tasks import refresh_coverage
from tests.conftest import COUNTY, NEIGHBOUR, VILLAGES, WEST_TOWN
from tests.integration.coverage.town import BANDS, EYES, counted_by_points, found_town

JOBS = "FROM procrastinate_jobs WHERE task_name LIKE '%%coverage.%%'"

Figures = dict[float, tuple[float, ...]]


def run() -> Refreshed:
    with db.begin() as session:
        return refresh(session)


def figures(land: Any, code: str = "T1", reading: str = "installed", measure: str = "area") -> Any:
    """Return total, certain, possible, one, more by band."""
    rows = land.run(
        "SELECT px_per_m, total, certain, possible, one, more FROM coverage_figures f"
        " JOIN grids g ON g.id = f.subject_id AND f.subject_kind = 'grid'"
        " WHERE g.code = %s AND reading = %s AND measure = %s",
        *(code, reading, measure),
    )
    return {row[0]: row[1:] for row in rows}


def assert_agrees(found: Figures, eyes: tuple[Any, ...]) -> None:
    expected = counted_by_points(eyes)
    assert set(found) == set(BANDS)
    for band in BANDS:
        total, certain, possible, one, more = found[band]
        assert total == pytest.approx(expected.total, rel=1e-3)
        # Half a percentage point: what counting points every 1.5 m leaves open.
        assert one / total == pytest.approx(expected.one[band] / expected.total, abs=0.005), band
        assert more / total == pytest.approx(expected.more[band] / expected.total, abs=0.005), band
        assert certain == pytest.approx(one + more)
        assert possible == pytest.approx(0.0, abs=1.0)


def test_figures_agree_with_points_judged_one_by_one(land: Any) -> None:
    found_town(land)
    run()
    found = figures(land)
    assert found[20.0][1] / found[20.0][0] > 0.2  # there is something to agree about
    assert_agrees(found, EYES)


@pytest.mark.parametrize(
    "how", ["is_alive = false", "view_fault = 'blind'", "view_fault = 'moved'"]
)
def test_a_camera_that_shows_nothing_right_is_missing_now_and_stays_installed(
    land: Any, how: str
) -> None:
    ids = found_town(land)
    run()
    installed = figures(land)
    land.run(f"UPDATE cameras SET {how} WHERE id = %s", ids["正南"])
    done = run()
    assert (done.both, done.now > 0) == (0, True)
    assert figures(land) == installed
    assert_agrees(figures(land, reading="now"), tuple(eye for eye in EYES if eye.name != "正南"))


def test_a_camera_that_comes_back_counts_again(land: Any) -> None:
    ids = found_town(land)
    land.run("UPDATE cameras SET is_alive = false WHERE id = %s", ids["正南"])
    run()
    assert figures(land, reading="now") != figures(land)
    land.run("UPDATE cameras SET is_alive = true WHERE id = %s", ids["正南"])
    run()
    assert figures(land, reading="now") == figures(land)


def test_a_first_frame_changes_nothing_and_defers_nothing(land: Any) -> None:
    ids = found_town(land)
    run()
    with db.begin() as session:
        status.record(session, status.Observation(ids["正南"], is_alive=True))
    assert land.run("SELECT count(*) FROM coverage_dirty") == [(0,)]
    assert land.run(f"SELECT count(*) {JOBS}") == [(0,)]


def test_a_death_marks_the_camera_and_defers_one_job_in_the_same_transaction(land: Any) -> None:
    ids = found_town(land)
    run()
    with pytest.raises(RuntimeError), db.begin() as session:
        status.record(session, status.Observation(ids["正南"], is_alive=False, reason="x"))
        raise RuntimeError
    assert land.run("SELECT count(*) FROM coverage_dirty") == [(0,)]
    for name in ("正南", "西南"):
        with db.begin() as session:
            status.record(session, status.Observation(ids[name], is_alive=False, reason="x"))
    assert land.run("SELECT cause, camera_id FROM coverage_dirty ORDER BY id") == [
        ("state", ids["正南"]),
        ("state", ids["西南"]),
    ]
    jobs = land.run(f"SELECT task_name, args {JOBS}")
    assert jobs == [("gridlink:coverage.refresh", {})]


def computed(land: Any) -> dict[str, Any]:
    """Return when each grid's installed figures were computed."""
    return dict(
        land.run(
            "SELECT g.code, f.computed_at FROM coverage_figures f JOIN grids g ON g.id = subject_id"
            " WHERE subject_kind = 'grid' AND reading = 'installed' AND measure = 'area'"
            " AND px_per_m = 20"
        )
    )


def test_a_camera_that_moves_touches_the_grids_it_left_and_those_it_reaches_alone(
    land: Any,
) -> None:
    # 110.02 is the border of villages 1 and 2, 110.04 that of 2 and 3.
    camera_id = land.add_camera("搬家", 110.0195, 34.5050)
    land.add_camera("别处", 110.0700, 34.5050)
    run()
    before = computed(land)
    with db.begin() as session:
        camera = registry.get(session, camera_id)
        registry.edit(session, camera, CameraEdit(lon=110.0405, lat=34.5050))
    run()
    changed = {code for code, at in computed(land).items() if at != before[code]}
    assert changed == {
        *(f"{VILLAGES[0]}001", "P1", f"{VILLAGES[1]}001", "P2"),
        *(f"{VILLAGES[2]}001", "P3"),
    }
    assert figures(land, f"{VILLAGES[0]}001")[20.0][1] == 0
    assert figures(land, f"{VILLAGES[2]}001")[20.0][1] > 1000


def test_a_camera_turned_round_is_counted_where_it_now_looks(land: Any) -> None:
    camera_id = land.add_camera("转身", 110.0300, 34.5199)  # looks north over the border at 34.52
    run()
    south, north = f"{VILLAGES[1]}001", f"{VILLAGES[1]}002"
    seen_north = figures(land, north)[20.0][1]
    assert seen_north > 10 * figures(land, south)[20.0][1]
    with db.begin() as session:
        shape = PoseShape(azimuth_deg=180.0, fov_deg=90.0, range_m=150.0)
        registry.edit(session, registry.get(session, camera_id), CameraEdit(poses=[shape]))
    run()
    assert figures(land, north)[20.0][1] == 0
    assert figures(land, south)[20.0][1] > seen_north


def test_a_camera_taken_down_leaves_no_ground_seen(land: Any) -> None:
    ids = found_town(land)
    run()
    land.run("DELETE FROM cameras WHERE id = ANY(%s)", list(ids.values()))
    run()
    assert figures(land)[20.0][1:] == (0, 0, 0, 0)
    assert land.run("SELECT count(*) FROM coverage_sights") == [(0,)]
    assert land.run("SELECT count(*) FROM camera_losses") == [(0,)]


def test_a_new_building_takes_ground_away_where_cameras_reach_it(land: Any) -> None:
    found_town(land)
    run()
    before, total = figures(land)[20.0][1], figures(land)[20.0][0]
    land.run(
        "INSERT INTO buildings (set_name, height_m, geom) VALUES ('new', 12,"
        " ST_Multi(ST_MakeEnvelope(110.0106, 34.5102, 110.0109, 34.5103, 4326)))"
    )
    done = run()
    assert done.both < 14
    assert figures(land)[20.0][1] < before
    # 0.0003 by 0.0001 degrees are 27.5 m by 11.1 m.
    assert figures(land)[20.0][0] == pytest.approx(total - 27.5 * 11.1, abs=1.0)


def sums(land: Any, code: int, measure: str = "area") -> tuple[float, ...]:
    [row] = land.run(
        "SELECT total, certain, possible, one, more FROM coverage_figures WHERE"
        " subject_kind = 'division' AND subject_id = %s AND reading = 'installed'"
        " AND measure = %s AND px_per_m = 20",
        *(code, measure),
    )
    return row


def test_divisions_are_the_sums_of_the_grids_below_them(land: Any) -> None:
    land.add_camera("甲", 110.0050, 34.5050)
    land.add_camera("乙", 110.0350, 34.5250)
    land.add_camera("丙", 110.1200, 34.5100)
    run()
    grids = {code: figures(land, code)[20.0] for (code,) in land.run("SELECT code FROM grids")}

    def added(*codes: str) -> tuple[Any, ...]:
        rows = (grids[code] for code in codes)
        return tuple(pytest.approx(sum(part)) for part in zip(*rows, strict=True))

    west = [f"{village}{k}" for village in VILLAGES[:2] for k in ("001", "002")]
    east = [f"{village}{k}" for village in VILLAGES[2:] for k in ("001", "002")]
    assert sums(land, VILLAGES[0]) == added(*west[:2])
    assert sums(land, WEST_TOWN) == added(*west)
    assert sums(land, COUNTY) == added(*west, *east)
    assert sums(land, 0) == added(*west, *east, "N1")
    assert sums(land, NEIGHBOUR) == grids["N1"]


def test_a_village_without_grids_is_measured_by_its_own_outline(land: Any) -> None:
    land.add_camera("甲", 110.0650, 34.5050)
    run()
    before = sums(land, VILLAGES[3])
    land.run("UPDATE grids SET valid_to = CURRENT_DATE WHERE division_code = %s", VILLAGES[3])
    run()
    after = sums(land, VILLAGES[3])
    assert after[:2] == (pytest.approx(before[0], rel=1e-6), pytest.approx(before[1], rel=1e-6))
    assert sums(land, COUNTY)[1] == pytest.approx(before[1], rel=1e-6)
    assert figures(land, f"{VILLAGES[3]}001") == {}


def test_a_refresh_with_nothing_to_do_does_nothing(land: Any) -> None:
    found_town(land)
    run()
    before = computed(land)
    assert run() == Refreshed(0, 0, "exact")
    assert computed(land) == before


def test_history_has_one_row_a_day_that_follows_the_figures(land: Any) -> None:
    ids = found_town(land)
    run()
    land.run("UPDATE coverage_days SET day = day - 1")
    land.run("UPDATE cameras SET is_alive = false WHERE id = %s", ids["正南"])
    run()
    rows = land.run(
        "SELECT day = %s, reading, certain FROM coverage_days d JOIN grids g"
        " ON g.id = subject_id WHERE g.code = 'T1' AND measure = 'area' AND px_per_m = 20"
        " AND subject_kind = 'grid' ORDER BY day, reading",
        localtime.today(),
    )
    assert [row[:2] for row in rows] == [
        (False, "installed"),
        (False, "now"),
        (True, "installed"),
        (True, "now"),
    ]
    assert rows[0][2] == rows[1][2] == rows[2][2] > rows[3][2]


def test_two_refreshes_take_turns(land: Any) -> None:
    with db.begin() as first, db.begin() as second:
        refresh(first)
        second.execute(text("SET LOCAL lock_timeout = '200ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            refresh(second)
        second.rollback()


def test_whoever_changes_a_camera_does_not_wait_for_a_refresh(land: Any) -> None:
    ids = found_town(land)
    with db.begin() as counting:
        refresh(counting)
        with db.begin() as session:
            session.execute(text("SET LOCAL lock_timeout = '200ms'"))
            status.record(session, status.Observation(ids["正南"], is_alive=False, reason="x"))
    run()
    assert figures(land, reading="now") != figures(land)


def test_a_refresh_killed_half_way_leaves_figures_and_marks_as_they_were(land: Any) -> None:
    ids = found_town(land)
    run()
    before = figures(land, reading="now")
    land.run("UPDATE cameras SET is_alive = false WHERE id = %s", ids["正南"])
    command = [sys.executable, "-m", "backend.cli", "coverage", "refresh", "--wait"]
    with psycopg.connect(land.url) as holding:
        # The refresh comes as far as writing figures, and waits there for this lock.
        holding.execute("LOCK TABLE coverage_days IN EXCLUSIVE MODE")
        child = subprocess.Popen(command, env=os.environ.copy())
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL"
        deadline = time.monotonic() + 100
        while land.run(waiting) == [(0,)]:
            assert child.poll() is None and time.monotonic() < deadline
        child.kill()
        child.wait()
    alive = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    while land.run(f"{alive} AND query LIKE 'INSERT INTO coverage_days%%'") != [(0,)]:
        assert time.monotonic() < deadline
    assert figures(land, reading="now") == before
    assert land.run("SELECT cause, camera_id FROM coverage_dirty") == [("state", ids["正南"])]
    refresh_coverage()
    assert figures(land, reading="now") != before


def rows_of(land: Any, table: str, reading: str) -> list[Any]:
    """Return what a table says of a reading, in an order of its own."""
    columns = {
        "coverage_grounds": "grid_id, px_per_m, part, round(ST_Area(geom::geography))",
        "coverage_gaps": "grid_id, px_per_m, round(area_m2), round(weight), reasons::text",
        "camera_losses": "camera_id, px_per_m, round(seen_m2), round(sole_m2), round(sole_weight)",
    }[table]
    return land.run(
        f"SELECT {columns} FROM {table} WHERE reading = %s ORDER BY 1, 2, 3, 4",
        reading,
    )


@pytest.mark.parametrize("table", ["coverage_grounds", "coverage_gaps", "camera_losses"])
def test_step_by_step_and_from_nothing_give_the_same_rows(land: Any, table: str) -> None:
    ids = found_town(land)
    land.add_camera("别处", 110.0500, 34.5050)
    run()
    land.run("UPDATE cameras SET is_alive = false WHERE id = %s", ids["正南"])
    run()
    land.run("UPDATE cameras SET is_alive = false WHERE id = %s", ids["西南"])
    land.run("UPDATE cameras SET is_alive = true WHERE id = %s", ids["正南"])
    run()
    stepwise = [rows_of(land, table, reading) for reading in ("installed", "now")]
    land.run("INSERT INTO coverage_dirty (cause) VALUES ('all')")
    assert run().both == 15
    assert [rows_of(land, table, reading) for reading in ("installed", "now")] == stepwise
    assert stepwise[0] != stepwise[1]
