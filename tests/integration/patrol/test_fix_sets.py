"""F5: in whatever order, how often and in what batches fixes come, the tables end the same."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.patrol.fixes import decoding
from backend.patrol.fixes.batch import Batch, Fixes, joined
from backend.patrol.fixes.committing import Committer
from backend.patrol.fixes.duty_check import on_duty

START = datetime.now(UTC).replace(hour=23, minute=59, second=50, microsecond=0) - timedelta(days=2)

#: Few instants and places, so that equal instants with different places are common; they lie on
#: both sides of midnight, within duty and outside.
FIX = st.builds(
    lambda unit, second, lon, accuracy: (
        unit,
        {
            "lon": 110.0 + lon / 1000,
            "lat": 34.5,
            "at": (START + timedelta(seconds=second)).isoformat(),
            "accuracy": accuracy,
        },
    ),
    st.integers(0, 2),
    st.integers(0, 19),
    st.integers(0, 2),
    st.sampled_from([None, 5.0, 30.0]),
)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Any], list[list[Any]]]:
    """Return fixes, and the same ones shuffled, some twice, cut into batches."""
    fixes = draw(st.lists(FIX, min_size=1, max_size=25))
    again = draw(st.lists(st.sampled_from(fixes), max_size=10))
    order = draw(st.permutations(fixes + again))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    edges = [0, *cuts, len(order)]
    return fixes, [list(order[a:b]) for a, b in pairwise(edges)]


def batch_of(rows: list[tuple[int, dict[str, Any]]], units: list[int]) -> Batch:
    """Return rows as they come out of a request."""
    body = json.dumps({"fixes": [fix for _, fix in rows]}).encode()
    fixes, places, _, refused = decoding.decoded(body, limit=1000)
    assert refused == []
    numbers = np.array([units[k] for k, _ in rows], np.int64)
    return Batch(decoding.columns(fixes, places, numbers)[0])


def deliver(batches: list[Batch], *, at_once: bool) -> None:
    """Commit batches through the committer, one after the other or all at once."""

    async def run() -> None:
        committer = Committer()
        if at_once:
            await asyncio.gather(*(committer.commit(batch) for batch in batches))
        else:
            for batch in batches:
                await committer.commit(batch)
        await committer.close()

    asyncio.run(run())


def tables(connection: psycopg.Connection) -> list[list[tuple[Any, ...]]]:
    return [
        connection.execute(query).fetchall()
        for query in (
            "SELECT * FROM fixes ORDER BY 1, 2, 3, 4, 5, 6",
            "SELECT unit_id, at, lon_e7, lat_e7, accuracy_dm, speed_cms, ST_AsText(geom)"
            " FROM unit_positions ORDER BY 1",
            "SELECT unit_id, day FROM patrol_dirty ORDER BY 1, 2",
        )
    ]


@pytest.fixture
def three(unit, land) -> list[int]:
    """Three units: one on duty throughout, one for ten seconds, one from midnight on."""
    numbers = [unit("A"), unit("B", on_duty=False), unit("C", on_duty=False)]
    for number, begin, end in ((numbers[1], 5, 15), (numbers[2], 10, None)):
        land.run(
            "INSERT INTO shifts (unit_id, division_code, starts_at, ends_at, source)"
            " VALUES (%s, 610522101201, %s, %s, 'dispatcher')",
            number,
            START + timedelta(seconds=begin),
            None if end is None else START + timedelta(seconds=end),
        )
    return numbers


def test_any_delivery_of_the_same_fixes_leaves_the_same_tables(three, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:

        @settings(
            max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None
        )
        @given(deliveries(), st.booleans())
        def check(delivery: tuple[list[Any], list[list[Any]]], at_once: bool) -> None:
            fixes, lots = delivery
            found = []
            for batches in ([sorted(fixes, key=repr)], lots):
                connection.execute("TRUNCATE fixes, unit_positions, patrol_dirty")
                deliver([batch_of(rows, three) for rows in batches if rows], at_once=at_once)
                found.append(tables(connection))
            assert found[0] == found[1]
            taken = {unit for unit, *_ in found[0][0]}
            assert {unit for unit, *_ in found[0][1]} == taken
            # Replaying all of it changes nothing, not even when it was marked.
            marked = connection.execute("SELECT * FROM patrol_dirty ORDER BY 1, 2").fetchall()
            deliver([batch_of(fixes, three)], at_once=False)
            again = connection.execute("SELECT * FROM patrol_dirty ORDER BY 1, 2").fetchall()
            assert marked == again

        check()


PERIODS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 30), st.one_of(st.none(), st.integers(0, 30))).map(
        lambda p: (p[0], p[1], None if p[2] is None else p[1] + p[2])
    ),
    max_size=8,
)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(-5, 70)), min_size=1), PERIODS)
def test_duty_by_searching_is_duty_by_looking(asked: list[tuple[int, int]], periods: Any) -> None:
    unit, at = (np.array(column, np.int64) for column in zip(*asked, strict=True))
    expected = [
        any(
            u == who and begin <= when and (end is None or when < end)
            for who, begin, end in periods
        )
        for u, when in asked
    ]
    assert on_duty(unit, at, periods).tolist() == expected


def test_a_binary_copy_is_what_the_database_reads(land, database: str) -> None:
    chance = np.random.default_rng(1)
    columns = [chance.integers(0, 2**31 - 1, 50) for _ in range(6)]
    columns[1] = columns[1] * 1_000_000 + 1
    fixes = Fixes(*columns, np.arange(50))
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TEMP TABLE t (LIKE fixes)")
        with connection.cursor().copy("COPY t FROM STDIN (FORMAT binary)") as copy:
            copy.write(joined([fixes, fixes]).sorted_unique().binary())
        rows = connection.execute(
            "SELECT unit_id, (extract(epoch FROM at) * 1000000)::bigint, lon_e7, lat_e7,"
            " accuracy_dm, speed_cms FROM t"
        ).fetchall()
    assert sorted(rows) == sorted(zip(*(c.tolist() for c in fixes.columns()), strict=True))
