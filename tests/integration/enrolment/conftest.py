"""Devices on loopback and lists of them for the tests of this folder."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from backend.cameras.enrolment import discovering, lists, probing
from backend.settings import load


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Any) -> None:
    """Allow devices on loopback, with a vault of the test's own."""
    monkeypatch.setenv("GRIDLINK_MEDIA__ALLOWED_NETWORKS", '["127.0.0.0/8"]')
    monkeypatch.setenv("GRIDLINK_VAR_DIR", str(tmp_path))
    load.cache_clear()


@pytest.fixture
def upload(loopback: None, client: Callable[..., Any]) -> Callable[[str | bytes], dict[str, Any]]:
    """Return `upload(table)`: an administrator's list, as the API tells of it."""
    admin = client("admin")

    def one(table: str | bytes) -> dict[str, Any]:
        raw = table.encode() if isinstance(table, str) else table
        files = {"file": ("devices.csv", raw, "text/csv")}
        answer = admin.post("/api/devices/enrolments", files=files)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    one.admin = admin  # type: ignore[attr-defined]
    return one


@pytest.fixture
def work(land: Any) -> Callable[[int], None]:
    """Return `work(list)`: does what the worker would, for the job that waits."""

    def one(enrolment_id: int) -> None:
        rows = land.run(
            "SELECT id, task_name FROM procrastinate_jobs WHERE status = 'todo'"
            " AND task_name LIKE 'gridlink:devices.%%' AND (args->>'enrolment_id')::bigint = %s",
            enrolment_id,
        )
        ((job, task),) = rows
        land.run("DELETE FROM procrastinate_jobs WHERE id = %s", job)
        does = probing.probe if str(task).endswith("probe_list") else discovering.discover
        with suppress(lists.CalledOff):
            does(enrolment_id)

    return one
