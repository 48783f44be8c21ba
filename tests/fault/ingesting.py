"""Trackers that send until they are answered, and what must then be in store."""

import hashlib
import random
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import psycopg

VILLAGE = 610522101201
Row = tuple[int, datetime, int, int]


def add_trackers(url: str, count: int) -> list[tuple[int, str]]:
    """Add units on duty, each with a tracker; return (unit, token) pairs."""
    made = []
    with psycopg.connect(url) as connection:
        for number in range(count):
            token = f"glt_{secrets.token_hex(12)}"
            row = connection.execute(
                "INSERT INTO units (code, name, kind, division_code)"
                " VALUES (%s, '力量', 'grid_worker', %s) RETURNING id",
                (f"F-{number}", VILLAGE),
            ).fetchone()
            assert row is not None
            connection.execute(
                "INSERT INTO shifts (unit_id, division_code, starts_at, source)"
                " VALUES (%s, %s, now() - interval '2 days', 'dispatcher')",
                (row[0], VILLAGE),
            )
            connection.execute(
                "INSERT INTO trackers (unit_id, name, token_hash) VALUES (%s, 't', %s)",
                (row[0], hashlib.sha256(token.encode()).digest()),
            )
            made.append((int(row[0]), token))
    return made


@dataclass(slots=True)
class Sending:
    """One tracker's fixes in batches that overlap, in any order; each is sent until answered."""

    unit: int
    token: str
    batches: list[list[dict[str, object]]]
    acknowledged: set[Row] = field(default_factory=set)
    statuses: list[int] = field(default_factory=list)
    answered: int = 0
    slowest_s: float = 0.0

    def send_all(self, address: str) -> None:
        """Send every batch until it is answered with 200; refused connections are tried again."""
        with httpx.Client(base_url=address, timeout=20) as client:
            client.headers["Authorization"] = f"Bearer {self.token}"
            for batch in self.batches:
                while not self._is_taken(client, batch):
                    threading.Event().wait(0.05)
                self.acknowledged |= {row_of(self.unit, fix) for fix in batch}
                self.answered += 1

    def _is_taken(self, client: httpx.Client, batch: list[dict[str, object]]) -> bool:
        begun = time.monotonic()
        try:
            answer = client.post("/api/patrol/fixes", json={"fixes": batch})
        except httpx.HTTPError:
            return False
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
        self.statuses.append(answer.status_code)
        if answer.status_code != 200:
            assert answer.status_code in (429, 503), answer.text
            assert int(answer.headers["retry-after"]) > 0
            return False
        told = answer.json()
        assert told["refused"] == []
        assert told["accepted"] + told["duplicates"] == len(batch)
        return True


def sending(unit: int, token: str, *, batches: int, size: int = 40) -> Sending:
    """Return a tracker whose batches share a quarter of their fixes with the next, shuffled."""
    chance = random.Random(unit)
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
    every = [
        {
            "lon": round(110.0 + chance.random() / 50, 7),
            "lat": round(34.5 + chance.random() / 50, 7),
            "at": (start + timedelta(seconds=k)).isoformat(),
        }
        for k in range(batches * size)
    ]
    lots = [every[k * size : (k + 1) * size + size // 4] for k in range(batches)]
    chance.shuffle(lots)
    return Sending(unit, token, lots)


def row_of(unit: int, fix: dict[str, object]) -> Row:
    """Return a fix as the table keeps it."""
    lon, lat = (round(float(str(fix[name])) * 1e7) for name in ("lon", "lat"))
    return unit, datetime.fromisoformat(str(fix["at"])), lon, lat


def check_store(url: str, senders: list[Sending]) -> None:
    """All that was acknowledged is in store, once, and nothing else; each last place is right."""
    wanted = set().union(*(each.acknowledged for each in senders))
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT unit_id, at, lon_e7, lat_e7 FROM fixes").fetchall()
        places = connection.execute("SELECT unit_id, at, lon_e7, lat_e7 FROM unit_positions")
        assert len(rows) == len(set(rows))
        assert set(rows) == wanted
        last = {}
        for row in sorted(wanted, key=lambda r: r[1]):
            last[row[0]] = row
        assert {row[0]: row for row in places.fetchall()} == last
