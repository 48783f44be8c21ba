"""F2: the database is killed, restarted, its sessions are ended. The API says so and comes back."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from backend import cluster, databases

pytestmark = pytest.mark.fault

PASSWORD = "correct horse battery 9"


@pytest.fixture
def own_cluster(tmp_path: Path, monkeypatch, forget_settings) -> Iterator[cluster.Cluster]:
    """Start a cluster for this test alone: the shared one must never be killed."""
    monkeypatch.setenv("GRIDLINK_VAR_DIR", str(tmp_path))
    monkeypatch.delenv("GRIDLINK_DATABASE_URL", raising=False)
    forget_settings()
    home = cluster.locate(tmp_path)
    assert "/work" not in str(home.home)
    cluster.start(home)
    databases.ensure("gridlink")
    yield home
    cluster.stop(home)
    shutil.rmtree(home.home)
    shutil.rmtree(home.socket_dir, ignore_errors=True)
    forget_settings()


def kill_everything(home: cluster.Cluster) -> None:
    """SIGKILL the postmaster and every process it started."""
    postmaster = int((home.data_dir / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in [postmaster, *map(int, children)]:
        os.kill(pid, signal.SIGKILL)
    while any(Path(f"/proc/{pid}/exe").exists() for pid in [postmaster, *map(int, children)]):
        threading.Event().wait(0.01)


def signed_in(address: str, home: cluster.Cluster) -> httpx.Client:
    from argon2 import PasswordHasher

    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with psycopg.connect(home.url()) as connection:
        connection.execute(
            "INSERT INTO users (username, display_name, password_hash, role)"
            " VALUES ('op', 'op', %s, 'operator') ON CONFLICT DO NOTHING",
            (quick,),
        )
    made = httpx.Client(base_url=address, timeout=30)
    answer = made.post("/api/session", json={"username": "op", "password": PASSWORD})
    made.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return made


def report(client: httpx.Client) -> httpx.Response:
    return client.post("/api/incidents", json={"kind": "fire", "lon": 110.0, "lat": 34.5})


def test_a_killed_database_gives_503_and_the_api_comes_back_with_all_it_acknowledged(
    own_cluster, serve
) -> None:
    with serve() as address:
        client = signed_in(address, own_cluster)
        acknowledged = [report(client).json()["number"] for _ in range(5)]
        for _ in range(2):
            kill_everything(own_cluster)
            asked = time.monotonic()
            for answer in (report(client), client.get("/api/incidents"), client.get("/api/health")):
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["retry-after"]) > 0
            assert time.monotonic() - asked < 3 * 5
            cluster.start(own_cluster)
            back = time.monotonic()
            while (answer := report(client)).status_code != 201:
                assert answer.status_code == 503, answer.text
                assert time.monotonic() - back < 10
            acknowledged.append(answer.json()["number"])
        stored = client.get("/api/incidents?limit=500").json()["incidents"]
        assert set(acknowledged) <= {incident["number"] for incident in stored}
        assert len(stored) == len({incident["number"] for incident in stored})


def test_an_event_stream_survives_a_restart_and_says_resync(own_cluster, serve) -> None:
    with serve() as address:
        client = signed_in(address, own_cluster)
        with client.stream("GET", "/api/events") as events:
            lines = (line for line in events.iter_lines() if line.startswith("event:"))
            assert next(lines) == "event: resync"
            assert report(client).status_code == 201
            while next(lines) != "event: change":
                pass
            cluster.stop(own_cluster)
            cluster.start(own_cluster)
            assert next(lines) == "event: resync"  # something may have been missed
            assert report(client).status_code == 201
            assert next(lines) == "event: change"


def test_a_storm_of_ended_sessions_gives_no_500(server, client, database) -> None:
    operator = client("operator", 0)
    name = database.split("/")[3].split("?")[0]
    for _ in range(10):
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> pg_backend_pid()",
                (name,),
            )
        assert report(operator).status_code in (201, 503)
    assert report(operator).status_code == 201
