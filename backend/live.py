"""LISTEN/NOTIFY: what changed, told to every process that serves consoles.

A notice carries a noun, an id, a version and the division it concerns; never a fact. Whoever is
told fetches under its own rights. NOTIFY belongs to the transaction: nobody hears of what was
rolled back.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

CHANNEL = "gridlink_changes"
_RETRY_S = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """One change. `division_code` decides which consoles hear of it; 0 is in no division."""

    noun: str
    id: int
    version: int
    division_code: int = 0


Watcher = Callable[[Notice | None], None]


def announce(session: Session, notice: Notice) -> None:
    """Tell all processes of `notice` when this transaction commits."""
    payload = json.dumps(asdict(notice), separators=(",", ":"))
    session.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload}
    )


def announce_all(session: Session, notices: Iterable[Notice]) -> None:
    """Tell of many things in one statement; what one process does to hundreds of cameras."""
    payloads = [json.dumps(asdict(notice), separators=(",", ":")) for notice in notices]
    session.execute(
        text("SELECT pg_notify(:channel, p) FROM unnest(CAST(:payloads AS text[])) p"),
        {"channel": CHANNEL, "payloads": payloads},
    )


async def listen(conninfo: str) -> AsyncIterator[Notice | None]:
    """Yield notices for ever; None means "some may have been missed, resynchronise"."""
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
            async with connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                yield None
                async for notify in connection.notifies():
                    yield _parsed(notify.payload)
        except psycopg.Error as lost:
            log.warning("lost the listener", extra={"action": "live.lost", "reason": str(lost)})
        await asyncio.sleep(_RETRY_S)


def _parsed(payload: str) -> Notice | None:
    """Return the notice; one that this version cannot read counts as one that was missed."""
    try:
        return Notice(**json.loads(payload))
    except (ValueError, TypeError):
        return None


async def relay(conninfo: str, watchers: Sequence[Watcher]) -> None:
    """Hand every notice to all `watchers` of this process, over one connection."""
    async for notice in listen(conninfo):
        for watcher in watchers:
            watcher(notice)
