"""F5: however fixes come and whenever they are derived, what is derived of them is the same."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.patrol.rounds import derive_all, whole
from tests.integration.patrol.test_fix_sets import batch_of, deliver

#: A quarter of an hour to midnight, so that stays, gaps and legs lie on both of its sides.
START = datetime.now(UTC).replace(hour=23, minute=45, second=0, microsecond=0) - timedelta(days=3)
DERIVED = (
    "visits",
    "patrol_traces",
    "patrol_grounds",
    "patrol_figures",
    "checkpoint_visits",
    "patrol_derived",
)
FORGET = "TRUNCATE fixes, unit_positions, patrol_dirty, " + ", ".join(DERIVED)

#: Steps of 40 s about a corner of four grids (110.02, 34.52), some with a jump, some at one time.
FIX = st.builds(
    lambda unit, step, x, y, accuracy: (
        unit,
        {
            "lon": 110.02 + x / 4000,
            "lat": 34.52 + y / 4000,
            "at": (START + timedelta(seconds=40 * step)).isoformat(),
            "accuracy": accuracy,
        },
    ),
    st.integers(0, 1),
    st.integers(0, 45),
    st.sampled_from([-3, -1, 0, 1, 2, 40]),
    st.sampled_from([-2, -1, 0, 1, 2]),
    st.sampled_from([None, 3.0, 80.0]),
)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Any], list[list[Any]]]:
    """Return fixes, and the same ones shuffled, some twice, cut into batches."""
    fixes = draw(st.lists(FIX, min_size=5, max_size=40))
    again = draw(st.lists(st.sampled_from(fixes), max_size=10))
    order = draw(st.permutations(fixes + again))
    cuts = sorted(draw(st.lists(st.integers(1, len(order) - 1), min_size=1, max_size=3)))
    return fixes, [list(order[a:b]) for a, b in pairwise([0, *cuts, len(order)])]


def test_any_delivery_derives_the_same_tables(land, unit, database: str) -> None:
    numbers = [unit("A"), unit("B", vehicle="car")]
    land.run(
        "INSERT INTO checkpoints (name, division_code, geom, radius_m)"
        " VALUES ('路口', 610522101201, ST_SetSRID(ST_Point(110.02, 34.52), 4326), 40)"
    )
    seen = 0
    with psycopg.connect(database, autocommit=True) as connection:

        @settings(
            max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None
        )
        @given(deliveries())
        def check(delivery: tuple[list[Any], list[list[Any]]]) -> None:
            nonlocal seen
            fixes, lots = delivery
            found = []
            for batches in ([sorted(fixes, key=repr)], lots):
                connection.execute(FORGET)
                for rows in batches:
                    deliver([batch_of(rows, numbers)], at_once=False)
                    derive_all()
                found.append(whole(database, *DERIVED))
            assert found[0] == found[1]
            seen += bool(found[0][0])
            # Said once more, nothing is marked and nothing derived.
            deliver([batch_of(fixes, numbers)], at_once=False)
            assert derive_all() == 0

        check()
    assert seen > 5
