"""Stored figures read over the API: bands, order, pages, jurisdiction, indices."""

from typing import Any

import pytest
from psycopg import sql

from tests.conftest import COUNTY, NEIGHBOUR, VILLAGES

BANDS = (20, 25, 40, 62.5, 80, 125, 250)


@pytest.fixture
def figures(land: Any) -> Any:
    """Give every grid of the set `basic` a share that grows with its id."""
    for reading in ("installed", "now"):
        for px in BANDS:
            land.run(
                "INSERT INTO coverage_figures (subject_kind, subject_id, division_code, reading,"
                " measure, px_per_m, total, certain, possible, one, more, method)"
                " SELECT 'grid', id, division_code, %s, 'area', %s, 1000, 10 * rank, 100,"
                "  4 * rank, 6 * rank, 'exact' FROM (SELECT id, division_code,"
                "  row_number() OVER (ORDER BY code) AS rank"
                " FROM grids WHERE set_name = 'basic') g",
                *(reading, px),
            )
    return land


def test_a_list_of_grids_has_the_four_bands_of_a_scale_in_order(figures: Any, client: Any) -> None:
    answer = client("planner").get("/api/coverage/figures", params={"scale": "dori"}).json()
    assert answer["total"] == 8
    assert [band["code"] for band in answer["rows"][0]["bands"]] == [
        "detect",
        "observe",
        "recognise",
        "identify",
    ]
    first = answer["rows"][0]["bands"][0]
    assert (first["certain"], first["possible"], first["none"]) == (10, 100, 890)
    assert first["certain_share"] == pytest.approx(0.01)


@pytest.mark.parametrize(("sort", "descending"), [("overview", True), ("none", False)])
def test_the_best_seen_grid_comes_first(
    figures: Any, client: Any, sort: str, descending: bool
) -> None:
    asked = {"sort": sort, "descending": descending, "limit": 3}
    answer = client("planner").get("/api/coverage/figures", params=asked).json()
    shares = [row["bands"][0]["certain_share"] for row in answer["rows"]]
    assert shares == [pytest.approx(x) for x in (0.08, 0.07, 0.06)]


def test_a_page_beyond_the_last_still_tells_how_many_there_are(figures: Any, client: Any) -> None:
    answer = client("planner").get("/api/coverage/figures", params={"offset": 50}).json()
    assert (answer["rows"], answer["total"]) == ([], 8)


def test_a_division_keeps_to_its_own_grids(figures: Any, client: Any) -> None:
    asked = {"division": str(VILLAGES[0])}
    answer = client("planner").get("/api/coverage/figures", params=asked).json()
    assert {row["division_code"] for row in answer["rows"]} == {str(VILLAGES[0])}
    assert answer["total"] == 2


def test_the_neighbour_is_not_there(figures: Any, client: Any) -> None:
    mine = client("inspector")
    assert mine.get("/api/coverage/figures", params={"division": NEIGHBOUR}).status_code == 404
    assert mine.get("/api/coverage/summary", params={"division": NEIGHBOUR}).status_code == 404
    [(grid,)] = figures.run("SELECT id FROM grids WHERE code = 'N1'")
    assert mine.get(f"/api/coverage/figures/grid/{grid}").status_code == 404
    asked = {"subject": "grid", "subject_id": grid}
    assert mine.get("/api/coverage/history", params=asked).status_code == 404
    whole = client("admin", 0).get("/api/coverage/figures").json()
    assert whole["total"] == 9


def test_every_role_reads_and_only_planning_asks_for_a_refresh(figures: Any, client: Any) -> None:
    for role in ("operator", "dispatcher", "inspector"):
        assert client(role).get("/api/coverage/summary").status_code == 200
        assert client(role).post("/api/coverage/refresh").status_code == 403
    figures.run("DELETE FROM coverage_dirty")
    planner = client("planner")
    assert planner.get("/api/coverage/summary").json()["is_fresh"] is True
    for _ in range(2):
        assert planner.post("/api/coverage/refresh").status_code == 202
    assert planner.get("/api/coverage/summary").json()["is_fresh"] is False
    jobs = figures.run("SELECT task_name, queueing_lock FROM procrastinate_jobs")
    assert jobs == [("gridlink:coverage.refresh", "coverage")]


def test_the_summary_counts_cameras_by_state(land: Any, client: Any) -> None:
    for k in range(5):
        land.add_camera(f"机{k}", 110.001 + 0.001 * k, 34.501)
    land.run("UPDATE cameras SET is_alive = true WHERE name IN ('机0', '机1')")
    land.run("UPDATE cameras SET is_alive = false WHERE name = '机2'")
    land.run("UPDATE cameras SET view_fault = 'blind' WHERE name = '机0'")
    land.run("UPDATE cameras SET view_fault = 'moved' WHERE name = '机3'")
    answer = client("planner").get("/api/coverage/summary").json()
    assert answer["cameras"] == {
        "all": 5,
        "alive": 2,
        "dead": 1,
        "blind": 1,
        "moved": 1,
        "untried": 2,
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"division": "61052"},
        {"subject": "town"},
        {"reading": "tomorrow"},
        {"measure": "volume"},
        {"sort": "id; DROP TABLE grids"},
        {"limit": 0},
        {"offset": -1},
    ],
)
def test_what_cannot_be_asked_is_refused(land: Any, client: Any, asked: dict[str, Any]) -> None:
    assert client("planner").get("/api/coverage/figures", params=asked).status_code == 422


def test_a_list_of_figures_uses_the_index_of_divisions(land: Any) -> None:
    land.run(
        "INSERT INTO coverage_figures SELECT 'grid', n, 610522000000 + n, r, 'area', 20, 1, 0, 0,"
        " 0, 0, 'exact' FROM generate_series(1, 20000) n, unnest(ARRAY['installed','now']) r"
    )
    land.run("ANALYZE coverage_figures")
    from backend import db
    from backend.coverage.figures import Listing, _listed, _values
    from backend.divisions.extent import Extent

    extent = Extent(VILLAGES[0], VILLAGES[0], VILLAGES[0] + 20, None)
    listing = Listing()
    with db.begin(db.Scope(1, COUNTY, COUNTY + 999_999)) as session:
        question = _listed(listing)
        question.text = "EXPLAIN " + question.text
        plan = "\n".join(session.scalars(question, _values(extent, listing)))
    assert "coverage_figures_division_idx" in plan, plan


def test_no_table_of_coverage_shows_the_neighbours_rows(figures: Any) -> None:
    import psycopg

    with psycopg.connect(figures.url) as connection:
        connection.execute("SET ROLE gridlink_app")
        connection.execute("SELECT set_config('gridlink.low', '610522000000', false)")
        connection.execute("SELECT set_config('gridlink.high', '610522999999', false)")
        for table in ("coverage_figures", "coverage_days", "coverage_grounds", "coverage_gaps"):
            query = sql.SQL("SELECT count(*) FROM {} WHERE division_code = %s")
            found = connection.execute(query.format(sql.Identifier(table)), (NEIGHBOUR,))
            assert found.fetchone() == (0,)
