"""A report is asked for, written by the job, fetched; called off, refused, kept to its division."""

import io

import pytest
from openpyxl import load_workbook

from backend.coverage.reports import writing

COUNTY, TOWN, NEIGHBOUR = 610522000000, 610522101000, 610523000000

FIGURES = """
INSERT INTO coverage_figures
  (subject_kind, subject_id, division_code, reading, measure, px_per_m,
   total, certain, possible, one, more, method)
SELECT 'grid', id, division_code, reading, 'area', 20, 1000, 250, 100, 150, 100, 'exact'
FROM grids, unnest(ARRAY['installed', 'now']) AS reading WHERE set_name = 'basic'
UNION ALL
SELECT 'division', code, code, 'installed', 'area', 20, 4000, 1000, 400, 600, 400, 'sum'
FROM divisions
"""


@pytest.fixture
def figures(land):
    land.run(FIGURES)
    return land


def ordered(land) -> list[int]:
    jobs = land.run(
        "SELECT args->>'report_id' FROM procrastinate_jobs WHERE task_name LIKE '%%report'"
    )
    return [int(report) for (report,) in jobs]


@pytest.mark.parametrize("kind", ["xlsx", "pdf", "html"])
def test_a_report_is_written_by_its_job_and_fetched(figures, client, kind) -> None:
    planner = client("planner")
    answer = planner.post("/api/reports", json={"kind": kind})
    assert answer.status_code == 202, answer.text
    report = answer.json()
    assert (report["state"], report["progress"]) == ("waiting", 0)
    assert ordered(figures) == [report["id"]]
    writing.write(report["id"])
    done = planner.get(f"/api/reports/{report['id']}").json()
    assert (done["state"], done["progress"], done["fault"]) == ("done", 1, None)
    fetched = planner.get(f"/api/reports/{report['id']}/file")
    assert len(fetched.content) == done["size_bytes"] > 1000
    assert fetched.headers["content-disposition"].startswith("attachment")


def test_the_workbook_holds_the_stored_figures_of_the_division_alone(figures, client) -> None:
    planner = client("planner")
    report = planner.post("/api/reports", json={"kind": "xlsx", "division": "610522101"}).json()
    writing.write(report["id"])
    body = planner.get(f"/api/reports/{report['id']}/file").content
    lines = list(load_workbook(io.BytesIO(body))["网格"].iter_rows(values_only=True))
    told = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    # Two villages of two basic grids each, in two readings.
    assert len(told) == 8
    assert {row["确定可见率"] for row in told} == {0.25}
    assert all("松坪村" not in row["名称"] for row in told)


def test_a_report_called_off_is_not_written(figures, client) -> None:
    planner = client("planner")
    report = planner.post("/api/reports", json={"kind": "pdf"}).json()
    cancelled = planner.post(f"/api/reports/{report['id']}/cancel").json()
    assert cancelled["state"] == "cancelled"
    writing.write(report["id"])
    assert planner.get(f"/api/reports/{report['id']}").json()["state"] == "cancelled"
    refused = planner.get(f"/api/reports/{report['id']}/file")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "reports.not_written")


def test_what_goes_wrong_stands_with_the_report(figures, client, monkeypatch) -> None:
    planner = client("planner")
    report = planner.post("/api/reports", json={"kind": "pdf"}).json()
    monkeypatch.setattr("backend.coverage.reports.paper.FONT", figures_without_font())
    writing.write(report["id"])
    failed = planner.get(f"/api/reports/{report['id']}").json()
    assert failed["state"] == "failed"
    assert "fonts-noto-cjk" in failed["fault"]


def figures_without_font():
    from pathlib import Path

    return Path("/nowhere/font.ttc")


def test_nobody_orders_or_sees_a_report_on_a_foreign_division(figures, client) -> None:
    planner, neighbour = client("planner"), client("planner", NEIGHBOUR)
    refused = planner.post("/api/reports", json={"kind": "xlsx", "division": str(NEIGHBOUR)})
    assert refused.status_code == 404
    report = planner.post("/api/reports", json={"kind": "xlsx"}).json()["id"]
    assert neighbour.get(f"/api/reports/{report}").status_code == 404
    assert neighbour.get(f"/api/reports/{report}/file").status_code == 404
    assert neighbour.post(f"/api/reports/{report}/cancel").status_code == 404
    assert neighbour.get("/api/reports").json() == {"rows": [], "total": 0}
    # Part of the county may not see the report on all of it.
    assert client("planner", TOWN).get(f"/api/reports/{report}").status_code == 404


def test_ordering_and_taking_a_report_stand_in_the_register(figures, client) -> None:
    planner = client("planner")
    report = planner.post("/api/reports", json={"kind": "xlsx"}).json()["id"]
    writing.write(report)
    planner.get(f"/api/reports/{report}/file")
    acts = figures.run("SELECT act FROM register WHERE act LIKE 'report.%%' ORDER BY seq")
    assert acts == [("report.ordered",), ("report.taken",)]


@pytest.mark.parametrize("role", ["operator", "dispatcher", "inspector"])
def test_reports_are_the_planners(figures, client, role) -> None:
    assert client(role).post("/api/reports", json={"kind": "xlsx"}).status_code == 403


@pytest.mark.parametrize("body", [{"kind": "doc"}, {"kind": "pdf", "division": "x"}, {}])
def test_a_wish_that_cannot_be_is_refused(figures, client, body) -> None:
    assert client("planner").post("/api/reports", json=body).status_code == 422
