"""The running product and a watched browser for every test of this folder."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser
from psycopg import sql

sys.path.insert(0, str(Path(__file__).parent))

from chromium import Consoles, Guard, chromium
from phone import Phones
from stage import Stage, staged
from town import CAMERAS

from backend import cluster
from backend.settings import load
from video.simulator.devices import DeviceSpec


@pytest.fixture(scope="session")
def stage(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run the whole product once for this folder, on a database of its own."""
    home = cluster.locate(load().var_dir)
    name = f"test_{os.getpid()}_e2e"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    log = tmp_path_factory.mktemp("served") / "server.log"
    specs = [
        DeviceSpec(
            id=camera.key,
            name=camera.name,
            ptz=camera.has_ptz,
            ptz_kind="spherical",
            recorder="onvif",
            record_gap=(0.0, 0.0),
            sound="aac" if camera.key == "near" else None,
        )
        for camera in CAMERAS
        if camera.is_enrolled
    ]
    with psycopg.connect(home.url("postgres"), autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(create)
        try:
            with staged(home.url(name), specs, log) as running:
                yield running
        finally:
            admin.execute(drop)


# For each module, not the session: playwright keeps an event loop running in this thread, and
# tests of other folders start loops of their own.
@pytest.fixture(scope="module")
def running_chromium() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def guard() -> Guard:
    return Guard()


@pytest.fixture
def consoles(stage: Stage, running_chromium: Browser, guard: Guard) -> Iterator[Consoles]:
    """Open consoles; the test fails if a page called elsewhere or raised an error."""
    opened = Consoles(stage, running_chromium, guard)
    yield opened
    opened.close()
    assert guard.faults == []


@pytest.fixture
def phones(stage: Stage, running_chromium: Browser, guard: Guard) -> Iterator[Phones]:
    """Take phones of grid workers; the test fails if a page called elsewhere or raised an error."""
    opened = Phones(stage, running_chromium, guard)
    yield opened
    opened.close()
    assert guard.faults == []
