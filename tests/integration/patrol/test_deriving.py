"""From fixes to visits, ground and figures: exact, in any order, and never stale."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.integration.patrol.rounds import derive_all, hear, stand, walk, whole

DERIVED = ("visits", "patrol_traces", "patrol_grounds", "patrol_figures")
NOON = (datetime.now(UTC) - timedelta(days=2)).replace(hour=4, minute=0, second=0, microsecond=0)
#: Grid 1 is the south of village 1 (lon 110.00-110.02, lat 34.50-34.52), grid 2 its north.
SOUTH = (110.01, 34.515)
NORTH = (110.01, 34.525)


@pytest.fixture
def basic_alone(land):
    """Leave the grids of the set `basic` in force alone, so that each place is in one grid."""
    land.run("UPDATE grids SET valid_to = CURRENT_DATE WHERE set_name = 'police'")
    return land


def test_a_walk_over_a_border_is_a_visit_of_either_grid(basic_alone, unit) -> None:
    land, number = basic_alone, unit("A1")
    fixes = walk(number, NOON, [SOUTH, NORTH])
    hear(land.url, fixes)
    assert derive_all() == 1
    rows = land.run(
        "SELECT g.code, v.entered_at, v.left_at, v.is_sure, v.basis, v.dwell_s FROM visits v"
        " JOIN grids g ON g.id = v.grid_id WHERE v.basis <> 'silence' ORDER BY v.entered_at"
    )
    assert [(code, sure, basis) for code, _, _, sure, basis, _ in rows] == [
        ("610522101201001", True, "seen"),
        ("610522101201002", True, "seen"),
    ]
    # 0.005 degrees of latitude, 554.65 m, at 1.2 m/s: the border is crossed after 462 s.
    crossed = NOON + timedelta(seconds=0.005 * 110_930 / 1.2)
    assert rows[0][1] == NOON
    assert abs((rows[0][2] - crossed).total_seconds()) < 2
    assert abs((rows[1][1] - crossed).total_seconds()) < 2
    assert rows[1][2] == fixes[-1][1]


def test_ground_beside_the_way_is_visited_and_ground_out_of_reach_is_not(basic_alone, unit) -> None:
    land, number = basic_alone, unit("A1")
    fixes = walk(number, NOON, [SOUTH, (110.01, 34.519)])
    hear(land.url, fixes)
    # Off duty afterwards: nothing is unknown but what lies within a few steps.
    end = fixes[-1][1] + timedelta(seconds=1)
    land.run("UPDATE shifts SET starts_at = %s, ends_at = %s", NOON, end)
    derive_all()
    [(visited, unknown, road, units, visits)] = land.run(
        "SELECT sum(visited_m2), sum(unknown_m2), sum(road_visited_m), max(units), sum(visits)"
        " FROM patrol_figures f JOIN grids g ON g.id = f.grid_id WHERE g.code = '610522101201001'"
    )
    # 444 m with a swath of 30 m either side: 60 x 444 + a disc of 30 m = 29,450 m2; from fixes
    # off by 15 m every 10 s less is sure, and no more ever is.
    assert 5_000 < visited < 29_500
    assert visited + unknown > 29_000
    assert visited + unknown < 90_000
    assert (units, visits) == (1, 1)
    assert road == 0.0


def test_late_fixes_leave_what_all_fixes_at_once_would(basic_alone, unit, serve) -> None:
    land, number = basic_alone, unit("A1")
    fixes = walk(number, NOON, [SOUTH, NORTH, (110.03, 34.525)], every_s=20)
    hear(land.url, fixes[::3])
    derive_all()
    early = whole(land.url, *DERIVED)
    hear(land.url, fixes[1::3])
    derive_all()
    hear(land.url, fixes[2::3])
    derive_all()
    late = whole(land.url, *DERIVED)
    land.run("TRUNCATE visits, patrol_traces, patrol_grounds, patrol_figures, patrol_derived")
    hear(land.url, reversed(fixes))
    derive_all()
    assert whole(land.url, *DERIVED) == late
    assert early != late


def test_what_was_derived_already_is_not_derived_again(basic_alone, unit) -> None:
    land, number = basic_alone, unit("A1")
    fixes = walk(number, NOON, [SOUTH, NORTH])
    hear(land.url, fixes)
    assert derive_all() == 1
    before = land.run("SELECT id FROM visits ORDER BY id")
    hear(land.url, fixes)
    assert derive_all() == 0
    assert land.run("SELECT id FROM visits ORDER BY id") == before
    assert land.run("SELECT count(*) FROM patrol_dirty") == [(0,)]


def test_a_mark_touched_meanwhile_stays(basic_alone, unit) -> None:
    from backend import db
    from backend.patrol.deriving.derive import derive

    land, number = basic_alone, unit("A1")
    fixes = walk(number, NOON, [SOUTH, NORTH])
    hear(land.url, fixes[:30])
    with db.begin() as session:
        derive(session, datetime.now(UTC))
        # Between its reading and its commit more is heard; ingest does not wait for it.
        with psycopg.connect(land.url) as connection:
            assert connection.execute("SELECT count(*) FROM visits").fetchone() == (0,)
    hear(land.url, fixes[30:])
    assert derive_all() == 1


def test_a_stay_over_midnight_is_one_visit_in_two_rows(basic_alone, unit) -> None:
    land, number = basic_alone, unit("A1")
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    hear(land.url, stand(number, midnight - timedelta(minutes=40), SOUTH, 4800))
    derive_all()
    rows = land.run(
        "SELECT entered_at, left_at, is_continued FROM visits WHERE is_sure ORDER BY entered_at"
    )
    assert rows == [
        (midnight - timedelta(minutes=40), midnight, False),
        (midnight, midnight + timedelta(minutes=40), True),
    ]
    assert land.run("SELECT sum(visits), sum(dwell_s) FROM patrol_figures") == [(1, 4800.0)]


def test_a_fix_after_midnight_changes_the_evening_before(basic_alone, unit) -> None:
    land, number = basic_alone, unit("A1")
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    evening = stand(number, midnight - timedelta(minutes=10), SOUTH, 590)
    hear(land.url, evening)
    derive_all()
    [(left,)] = land.run("SELECT max(left_at) FROM visits WHERE is_sure")
    assert left == evening[-1][1]
    hear(land.url, [(number, midnight + timedelta(seconds=20), *SOUTH)])
    derive_all()
    rows = land.run("SELECT left_at FROM visits WHERE is_sure ORDER BY left_at")
    assert rows == [(midnight,), (midnight + timedelta(seconds=20),)]


def test_a_silence_makes_unknown_what_was_in_reach_and_nothing_else(basic_alone, unit) -> None:
    land, number = basic_alone, unit("A1")
    # Ten minutes at 3 m/s and back: 900 m; the border of the north grid is 555 m away.
    hear(land.url, [*stand(number, NOON, SOUTH, 300)])
    hear(land.url, stand(number, NOON + timedelta(seconds=900), SOUTH, 300))
    land.run("UPDATE shifts SET starts_at = %s, ends_at = %s", NOON, NOON + timedelta(hours=1))
    land.run("UPDATE shifts SET ends_at = %s", NOON + timedelta(seconds=1200))
    derive_all()
    rows = land.run(
        "SELECT g.code, v.entered_at, v.left_at FROM visits v JOIN grids g ON g.id = v.grid_id"
        " WHERE v.basis = 'silence' ORDER BY g.code"
    )
    assert [code for code, _, _ in rows] == ["610522101201001", "610522101201002"]
    # 539.65 m beyond the fix's 15 m at 3 m/s: in the north from 180 s after to 180 s before.
    assert abs((rows[1][1] - NOON).total_seconds() - (300 + 179.9)) < 2
    assert abs((rows[1][2] - NOON).total_seconds() - (900 - 179.9)) < 2


def test_a_unit_that_is_not_heard_makes_its_home_grids_unknown(basic_alone, unit) -> None:
    from backend.patrol.deriving.tasks import sweep

    land, number = basic_alone, unit("A1", on_duty=False)
    land.run("INSERT INTO unit_grids VALUES (%s, 1)", number)
    land.run("INSERT INTO trackers (unit_id, name, token_hash) VALUES (%s, 't', 'x')", number)
    land.run(
        "INSERT INTO shifts (unit_id, division_code, starts_at, ends_at, source)"
        " VALUES (%s, 610522101201, %s, %s, 'plan')",
        number,
        NOON + timedelta(days=1),
        NOON + timedelta(days=1, hours=2),
    )
    sweep(0)
    derive_all()
    rows = land.run("SELECT grid_id, basis, entered_at, left_at FROM visits")
    noon = NOON + timedelta(days=1)
    assert rows == [(1, "unheard", noon, noon + timedelta(hours=2))]
    shares = land.run(
        "SELECT f.unknown_m2 / (p.cells * p.cell_m2) FROM patrol_figures f"
        " JOIN patrol_plans p ON p.grid_id = f.grid_id"
    )
    assert shares == [(1.0,), (1.0,)]


def test_grids_drawn_anew_are_derived_anew(basic_alone, unit) -> None:
    land, number = basic_alone, unit("A1")
    hear(land.url, walk(number, NOON, [SOUTH, NORTH]))
    derive_all()
    land.run(
        "UPDATE grids SET geom = ST_Multi(ST_MakeEnvelope(110.0, 34.51, 110.02, 34.514, 4326))"
        " WHERE id = 1"
    )
    derive_all()  # the first batch takes the marks that the new land makes
    hear(land.url, [(number, NOON + timedelta(hours=1), *NORTH)])
    derive_all()
    assert land.run("SELECT count(*) FROM visits WHERE grid_id = 1 AND is_sure") == [(0,)]
    assert land.run(
        "SELECT count(*) FROM patrol_traces t JOIN patrol_plans p USING (grid_id)"
        " WHERE t.plan <> p.digest"
    ) == [(0,)]


def test_deriving_that_is_broken_off_leaves_what_was(basic_alone, unit) -> None:
    from backend import db
    from backend.patrol.deriving.derive import derive

    land, number = basic_alone, unit("A1")
    fixes = walk(number, NOON, [SOUTH, NORTH])
    hear(land.url, fixes[:20])
    derive_all()
    before = whole(land.url, *DERIVED)
    hear(land.url, fixes[20:])
    with pytest.raises(RuntimeError, match="killed"), db.begin() as session:
        assert derive(session, datetime.now(UTC)).days == 1
        raise RuntimeError("killed before the commit")
    assert whole(land.url, *DERIVED) == before
    assert derive_all() == 1
    assert whole(land.url, *DERIVED) != before
