"""The whole product on loopback: a town in its database, simulated cameras, server and console."""

import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import town
from argon2 import PasswordHasher
from served import Served

from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet, ThreadedFleet

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery 9"
CAMERA_PASSWORD = "gridlink-sim"
# The cheapest parameters: a test signs in dozens of times, and verifying takes the hash's own.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

_REFRESH = (
    "from backend import db; from backend.cameras import viewsheds\n"
    "with db.begin() as session: viewsheds.refresh(session)"
)


@dataclass(frozen=True, slots=True)
class Stage:
    """What a test of the whole product holds in hand."""

    served: Served
    fleet: Fleet
    database_url: str
    cameras: dict[str, int]

    @property
    def url(self) -> str:
        return self.served.url

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Execute as the owner, in a transaction of its own; return the rows, if any."""
        with psycopg.connect(self.database_url) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def account(self, role: str) -> str:
        """Add an account of the county with `PASSWORD`; return its user name."""
        return add_account(self.database_url, role)

    def client(self, role: str) -> AbstractContextManager[httpx.Client]:
        """Give a signed-in client of a fresh account."""
        return self.served.signed_in(self.account(role), PASSWORD)


def add_account(database_url: str, role: str) -> str:
    """Add an account of the county with `PASSWORD`; return its user name."""
    name = f"{role}{secrets.token_hex(3)}"
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO users (username, display_name, password_hash, role, division_code)"
            " VALUES (%s, %s, %s, %s, %s)",
            (name, name, _HASH, role, town.COUNTY),
        )
    return name


@contextmanager
def staged(
    database_url: str, specs: Sequence[DeviceSpec], log: Path, **settings: str
) -> Iterator[Stage]:
    """Build the town in an empty, migrated database and run everything over it.

    Each spec's id is a camera's key; cameras without one stay without a device. `settings` are
    `GRIDLINK_*` variables of the server.
    """
    build_console()
    with psycopg.connect(database_url) as connection:
        cameras = town.build(connection)
    served = Served(database_url, log, **settings)
    with ThreadedFleet(specs) as fleet:
        try:
            served.run(["-c", _REFRESH])
            served.start()
            stage = Stage(served, fleet, database_url, cameras)
            _enrol(stage, [spec.id for spec in specs])
            yield stage
        finally:
            served.stop()


def build_console() -> None:
    """Build the console when it is missing or older than its sources."""
    web, page = ROOT / "web", ROOT / "backend" / "console_dist" / "index.html"
    folders = [*(web / "src").rglob("*"), *(web / "handheld").rglob("*")]
    sources = [*folders, web / "index.html", web / "package-lock.json"]
    newest = max(path.stat().st_mtime for path in sources)
    is_whole = page.exists() and (page.parent / "m" / "index.html").exists()
    if is_whole and page.stat().st_mtime >= newest:
        return
    if not (web / "node_modules").exists():
        subprocess.run(["npm", "ci"], cwd=web, check=True, capture_output=True)
    subprocess.run(["npm", "run", "build"], cwd=web, check=True, capture_output=True)


def _enrol(stage: Stage, keys: Sequence[str]) -> None:
    with stage.client("admin") as admin:
        for key in keys:
            answer = admin.post(
                f"/api/cameras/{stage.cameras[key]}/enrol",
                json={
                    "address": stage.fleet.onvif_url(key),
                    "username": "admin",
                    "password": CAMERA_PASSWORD,
                },
            )
            assert answer.status_code == 200, answer.text
