"""How fixes get into their table: beside another process, with a clock that steps, by the index."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from backend.db import begin
from backend.patrol.fixes.batch import Batch, Fixes
from backend.patrol.fixes.storing import Stored, store
from backend.patrol.fixes.writing import _query, write

NOW = datetime.now(UTC).replace(microsecond=0)
NONE_KNOWN: frozenset[int] = frozenset()


def walk(unit_id: int, seconds: range, *, at: datetime = NOW) -> Batch:
    """Return a fix of each second, counted back from an instant."""
    back = np.array(sorted(seconds, reverse=True), np.int64)
    at_us = int(at.timestamp()) * 1_000_000 - back * 1_000_000
    size = len(back)
    columns = (
        np.full(size, unit_id),
        at_us,
        1_100_000_000 + back,
        np.full(size, 345_000_000),
        np.full(size, 50),
        np.full(size, -1),
        np.arange(size),
    )
    return Batch(Fixes(*(np.asarray(column, np.int64) for column in columns)))


def stored(batch: Batch, *, now: datetime = NOW) -> Stored:
    with begin() as session:
        return store(session, [batch], now=now, known_days=NONE_KNOWN)


def tables(land: Any) -> list[list[Any]]:
    return [
        land.run("SELECT * FROM fixes ORDER BY 1, 2, 3"),
        land.run("SELECT unit_id, at, lon_e7 FROM unit_positions ORDER BY 1"),
        land.run("SELECT unit_id, day FROM patrol_dirty ORDER BY 1, 2"),
    ]


@pytest.fixture
def walker(unit, land) -> int:
    number: int = unit("W-1")
    return number


def test_two_processes_with_the_same_new_fixes_store_each_once(walker: int, land) -> None:
    second: list[Stored] = []
    stored(walk(walker, range(900, 902)))  # today's partition is there
    late = threading.Thread(target=lambda: second.append(stored(walk(walker, range(50, 250)))))
    with begin() as session:
        first = store(session, [walk(walker, range(100, 200))], now=NOW, known_days=NONE_KNOWN)
        late.start()
        _wait_for_lock(land)  # it has seen nothing, and finds ours only when it writes
    late.join(60)
    assert first.outcomes[0].accepted == 100
    assert (second[0].outcomes[0].accepted, second[0].outcomes[0].duplicates) == (100, 100)
    assert land.run("SELECT count(*) FROM fixes") == [(202,)]


def test_a_server_whose_clock_steps_loses_nothing_that_is_sent_again(walker: int, land) -> None:
    before, after = walk(walker, range(600, 900)), walk(walker, range(600))
    assert stored(before).outcomes[0].accepted == 300
    # An hour back: what phones send now lies ahead of the server, and is refused and counted.
    stepped = stored(after, now=NOW - timedelta(hours=1))
    assert {refusal.code for refusal in stepped.outcomes[0].refused} == {"fixes.future"}
    assert (stepped.outcomes[0].accepted, len(stepped.outcomes[0].refused)) == (0, 600)
    [(reason, rows)] = land.run("SELECT reason, sum(rows) FROM fix_refusals GROUP BY 1")
    assert (reason, rows) == ("fixes.future", 600)
    # A day ahead: nothing that phones send now is too old.
    assert stored(after, now=NOW + timedelta(days=1)).outcomes[0].accepted == 600
    assert stored(after).outcomes[0].duplicates == 600
    stepping = tables(land)
    land.run("TRUNCATE fixes, unit_positions, patrol_dirty")
    stored(before)
    stored(after)
    assert tables(land) == stepping


def test_a_unit_with_fixes_in_the_span_is_merged_and_others_are_copied(unit, land) -> None:
    known, new = unit("K"), unit("N")
    stored(walk(known, range(10, 20)))
    with begin() as session:
        parts = [walk(known, range(25)).fixes, walk(new, range(25)).fixes]
        both = Fixes(*(np.concatenate(c) for c in zip(*map(_all, parts), strict=True)))
        fresh, has_moved = write(session, both.sorted_unique())
    assert (fresh, has_moved) == ({known: 15, new: 25}, True)
    assert land.run("SELECT count(*) FROM fixes") == [(50,)]


def test_who_has_fixes_already_is_asked_of_the_key(walker: int) -> None:
    stored(walk(walker, range(1000)))
    with begin() as session:
        session.execute(text("ANALYZE fixes"))
        asked = {"unit": [walker], "first_us": [0], "last_us": [1]}
        session.execute(text("SET LOCAL enable_seqscan = off"))
        question = text(f"EXPLAIN {_query('fixes_present').text}")
        plan = "\n".join(session.scalars(question, asked))
    assert "fixes_" in plan and "_pkey" in plan, plan
    assert "Seq Scan" not in plan


def _all(fixes: Fixes) -> tuple[Any, ...]:
    return (*fixes.columns(), fixes.row)


def _wait_for_lock(land: Any) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    waiting += " AND datname = current_database()"
    deadline = time.monotonic() + 60
    while land.run(waiting) == [(0,)]:
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.02)
