"""Databases, a small land and signed-in clients for every test folder.

A template is migrated once per schema version and cloned per test (0.2 s), on the private cluster.
"""

import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from backend import cluster, databases, db
from backend.settings import load

if TYPE_CHECKING:
    import httpx

COUNTY = 610522000000
NEIGHBOUR = 610523000000
WEST_TOWN, EAST_TOWN = 610522101000, 610522102000
VILLAGES = (610522101201, 610522101202, 610522102201, 610522102202)
PASSWORD = "correct horse battery 9"

_SQUARE = "ST_Multi(ST_MakeEnvelope({0}, {1}, {2}, {3}, 4326))"


@pytest.fixture(autouse=True)
def _no_thread_left_behind() -> Iterator[None]:
    """A thread that outlived its test once span for the rest of the run: a core and 14 GB."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.daemon or not thread.name.startswith("Thread-"):
            continue  # servers wait to be ended; pools keep their workers
        thread.join(30)
        assert not thread.is_alive(), f"{thread.name} outlives its test"


@pytest.fixture(scope="session")
def template() -> str:
    """Return the name of a migrated, empty template database of the current schema."""
    with _one_at_a_time():
        home = cluster.locate(load().var_dir)
        cluster.start(home)
        name = f"test_template_{_schema_digest()}"
        with psycopg.connect(home.url("postgres"), autocommit=True) as admin:
            _drop_orphans(admin)
            if not _exists(admin, name):
                making = f"test_making_{os.getpid()}"
                _drop(admin, making)
                admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
                databases.upgrade(home.url(making))
                admin.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(making), sql.Identifier(name)
                    )
                )
    return name


@pytest.fixture
def database(template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the test a database of its own; `db.begin()` and all entries use it."""
    home = cluster.locate(load().var_dir)
    name = f"test_{os.getpid()}_{secrets.token_hex(4)}"
    with psycopg.connect(home.url("postgres"), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    monkeypatch.setenv("GRIDLINK_DATABASE_URL", home.url(name))
    _forget_settings()
    yield home.url(name)
    db.engine().dispose()
    _forget_settings()
    with psycopg.connect(home.url("postgres"), autocommit=True) as admin:
        _drop(admin, name)


@pytest.fixture
def land(database: str) -> "Land":
    """Fill the database with two counties, four villages, eight grids, roads, buildings, places."""
    with psycopg.connect(database) as connection:
        _fill(connection)
    return Land(database)


@dataclass(frozen=True, slots=True)
class Land:
    """The small county, lon 110.00-110.08, lat 34.50-34.54.

    West town holds villages 1 and 2 (lon 110.00-110.02, 110.02-110.04), east town 3 and 4
    (110.04-110.06, 110.06-110.08). Each village has a south and a north grid in the set `basic`
    and one grid in the set `police`. The neighbour county is lon 110.08-110.16.
    """

    url: str

    def run(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Execute as the owner, in a transaction of its own; return the rows, if any."""
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def add_camera(self, name: str, lon: float, lat: float, *, division: int | None = None) -> int:
        """Add a camera looking north and return its id; its division is found by place."""
        where = division if division is not None else village_of(lon)
        rows = self.run(
            "INSERT INTO cameras (set_name, name, code, division_code, height_m, geom)"
            " VALUES ('test', %s, %s, %s, 6, ST_SetSRID(ST_Point(%s, %s), 4326)) RETURNING id",
            *(name, name, where, lon, lat),
        )
        camera_id = int(str(rows[0][0]))
        self.run(
            "INSERT INTO poses (camera_id, azimuth_deg, azimuth_error_deg, fov_deg, range_m)"
            " VALUES (%s, 0, 0, 90, 150)",
            camera_id,
        )
        return camera_id


def village_of(lon: float) -> int:
    """Return the division of a longitude in `land`; the neighbour county east of 110.08."""
    return VILLAGES[int((lon - 110.0) / 0.02)] if lon < 110.08 else NEIGHBOUR


def _fill(connection: psycopg.Connection) -> None:
    tail = "VALUES ('land', %s, %s, %s, %s, " + _SQUARE.format("%s", "%s", "%s", "%s") + ")"
    add_division = "INSERT INTO divisions (set_name, code, name, level, parent_code, geom) " + tail
    for row in (
        (COUNTY, "云溪县", 3, 610500000000, 110.0, 34.5, 110.08, 34.54),
        (NEIGHBOUR, "邻县", 3, 610500000000, 110.08, 34.5, 110.16, 34.54),
        (WEST_TOWN, "西川镇", 4, COUNTY, 110.0, 34.5, 110.04, 34.54),
        (EAST_TOWN, "东岭镇", 4, COUNTY, 110.04, 34.5, 110.08, 34.54),
    ):
        connection.execute(add_division, row)
    add_grid = (
        "INSERT INTO grids (set_name, code, name, division_code, geom) VALUES (%s, %s, %s, %s, "
        + _SQUARE.format("%s", "%s", "%s", "%s")
        + ")"
    )
    for k, (code, name) in enumerate(
        zip(VILLAGES, ("柳林村", "桃源村", "石桥村", "松坪村"), strict=True)
    ):
        w, e = 110.0 + 0.02 * k, 110.02 + 0.02 * k
        town = WEST_TOWN if k < 2 else EAST_TOWN
        connection.execute(add_division, (code, name, 5, town, w, 34.5, e, 34.54))
        for j, side in enumerate(("南", "北")):
            south = 34.5 + 0.02 * j
            row = (
                "basic",
                f"{code}{j + 1:03d}",
                f"{name}{side}网格",
                code,
                w,
                south,
                e,
                south + 0.02,
            )
            connection.execute(add_grid, row)
        connection.execute(
            add_grid, ("police", f"P{k + 1}", f"{name}警格", code, w, 34.5, e, 34.54)
        )
        connection.execute(
            "INSERT INTO places (set_name, name, initials, kind, is_key, division_code, geom)"
            " VALUES ('land', %s, %s, 'school', %s, %s, ST_SetSRID(ST_Point(%s, 34.51), 4326))",
            (f"{name}小学", ("llcxx", "tycxx", "sqcxx", "spcxx")[k], k == 0, code, w + 0.01),
        )
    connection.execute(
        "INSERT INTO places (set_name, name, initials, kind, division_code, geom) VALUES"
        " ('land', '邻县小学', 'lxxx', 'school', %s, ST_SetSRID(ST_Point(110.12, 34.51), 4326))",
        (NEIGHBOUR,),
    )
    connection.execute(
        "INSERT INTO grids (set_name, code, name, division_code, geom) VALUES"
        " ('basic', 'N1', '邻县网格', %s, " + _SQUARE.format(110.08, 34.5, 110.16, 34.54) + ")",
        (NEIGHBOUR,),
    )
    connection.execute(
        "INSERT INTO roads (set_name, name, road_class, geom) VALUES ('land', '解放路', 'county',"
        " ST_Multi(ST_GeomFromText('LINESTRING(110 34.52, 110.16 34.52)', 4326)))"
    )
    connection.execute(
        "INSERT INTO buildings (set_name, name, height_m, geom) VALUES ('land', '县医院', 18, "
        + _SQUARE.format(110.0105, 34.5105, 110.0110, 34.5110)
        + ")"
    )


@pytest.fixture
def server(database: str) -> Iterator[str]:
    """Serve the API on loopback from a thread of the test; return its address."""
    with _serving() as address:
        yield address


@pytest.fixture
def serve() -> Callable[[], AbstractContextManager[str]]:
    """Return what `server` does as a context manager, for a test with a database of its own."""
    return _serving


@contextmanager
def _serving() -> Iterator[str]:
    import uvicorn

    from backend.app import create_app

    config = uvicorn.Config(create_app(), port=0, log_level="warning", access_log=False)
    config.timeout_graceful_shutdown = 0  # an open event stream must not hold the test
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started and thread.is_alive():
        thread.join(0.005)
    assert running.started, "the server did not start"
    try:
        yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(10)


@pytest.fixture
def client(server: str, database: str) -> Iterator[Callable[..., "httpx.Client"]]:
    """Return `client(role, division)`: an httpx client signed in with cookie and CSRF header.

    `client(None)` is not signed in. Each call makes an account of its own.
    """
    import httpx

    opened: list[httpx.Client] = []

    def sign_in(role: str | None = "operator", division: int = COUNTY) -> httpx.Client:
        made = httpx.Client(base_url=server, timeout=60)  # of a machine busy with compiling
        opened.append(made)
        if role is not None:
            username = add_user(database, role, division)
            answer = made.post("/api/session", json={"username": username, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            made.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return made

    yield sign_in
    for made in opened:
        made.close()


@pytest.fixture
def account(database: str) -> Callable[..., str]:
    """Return `account(role, division, username=None)`, which adds a user and returns its name."""

    def add(role: str, division: int = COUNTY, *, username: str | None = None) -> str:
        return add_user(database, role, division, username=username)

    return add


def add_user(url: str, role: str, division: int = COUNTY, *, username: str | None = None) -> str:
    """Add an account with `PASSWORD` and return its user name."""
    name = username or f"{role}{secrets.token_hex(3)}"
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO users (username, display_name, password_hash, role, division_code)"
            " VALUES (%s, %s, %s, %s, %s)",
            (name, name, _password_hash(), role, division),
        )
    return name


_hashes: list[str] = []


def _password_hash() -> str:
    """Return a hash of `PASSWORD` with the cheapest parameters; verifying uses the hash's own."""
    if not _hashes:
        from argon2 import PasswordHasher

        _hashes.append(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))
    return _hashes[0]


@pytest.fixture
def forget_settings() -> Callable[[], None]:
    """Return what makes the process read its settings anew, after a test has changed them."""
    return _forget_settings


def _forget_settings() -> None:
    load.cache_clear()
    db.engine.cache_clear()
    from backend import jobs

    jobs._deferrer.cache_clear()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let one test session at a time start the cluster and build a template."""
    load().var_dir.mkdir(parents=True, exist_ok=True)
    with (load().var_dir / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _schema_digest() -> str:
    versions = Path(databases.__file__).parent / "migrations" / "versions"
    together = hashlib.sha256()
    for file in sorted(versions.glob("*.py")):
        together.update(file.read_bytes())
    return together.hexdigest()[:12]


def _exists(admin: psycopg.Connection, name: str) -> bool:
    found = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    return found.fetchone() is not None


def _drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _drop_orphans(admin: psycopg.Connection) -> None:
    """Drop clones whose test process is gone (killed before it could clean up)."""
    for (name,) in admin.execute("SELECT datname FROM pg_database").fetchall():
        owner = name.split("_")[1] if name.startswith("test_") else ""
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            _drop(admin, name)
