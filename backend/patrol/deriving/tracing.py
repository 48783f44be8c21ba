"""From the fixes of a day to visits, ground and check-ins: nothing is read or written here.

A day is UTC and takes part of its neighbours' fixes, so that what runs over midnight comes out as
from all fixes; what it yields lies within the day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from gis.frame import LocalFrame
from gis.gridindex import GridIndex
from gis.patrolground import Ground, ground_states
from gis.silences import Duties
from gis.tracks import Fixes, Legs, TrackRules, clean, legs
from gis.visits import Visits, find_visits

from .forces import Force
from .heard import Heard
from .land import Land
from .silence import silent_stays

DAY = timedelta(days=1)
MARGIN = timedelta(hours=1)
"""Of neighbouring days: more than any rule asks, and enough to know most silences by both ends."""
_FAR_DEG = 2.0


@dataclass(frozen=True, slots=True)
class Day:
    """A UTC day with the fixes heard in it and around it."""

    start: datetime
    heard: Heard

    @property
    def end(self) -> datetime:
        return self.start + DAY

    @property
    def bounds_s(self) -> tuple[int, int]:
        return int(self.start.timestamp()), int(self.end.timestamp())


@dataclass(frozen=True, slots=True)
class Spots:
    """Circles of checkpoints, metres of the land's frame."""

    ids: NDArray[np.int64]
    index: GridIndex | None


@dataclass(slots=True)
class Derived:
    """Rows for the database, in no order: times are seconds since 1970 UTC."""

    visits: list[tuple[int, int, float, float, float, str, bool]] = field(default_factory=list)
    """Unit, row of the grid, entered, left, dwell, basis, whether continued."""
    traces: list[tuple[int, int, int, Ground]] = field(default_factory=list)
    """Unit, row of the grid, hour, bits (least first)."""
    checks: list[tuple[int, int, float]] = field(default_factory=list)
    """Unit, checkpoint, time."""


def derive_day(
    day: Day,
    forces: Sequence[Force],
    land: Land,
    spots: Spots,
    rules: Mapping[str, TrackRules],
) -> Derived:
    """Return what a day of some units yields."""
    told = Derived()
    for vehicle, rule in rules.items():
        own = [force for force in forces if force.vehicle == vehicle]
        if own:
            heard = day.heard.only(np.isin(day.heard.unit, [force.id for force in own]))
            _of_vehicle(told, day, (own, legs(clean(_fixes(heard, land.frame), rule))), land, spots)
    return told


def _of_vehicle(
    told: Derived, day: Day, moved: tuple[list[Force], Legs], land: Land, spots: Spots
) -> None:
    forces, ways = moved
    _visits(told, day, ways, land)
    if spots.index is not None:
        found = find_visits(spots.index, ways, from_s=day.bounds_s[0], to_s=day.bounds_s[1])
        ids = spots.ids[found.grid].tolist()
        told.checks += zip(found.unit.tolist(), ids, found.entered_s.tolist(), strict=True)
    for force in forces:
        first, last = np.searchsorted(ways.unit, [force.id, force.id + 1])
        own = _only(ways, slice(first, last))
        duties = _duties(force, own)
        allowed = _allowed(force, land, is_heard=bool(len(own)))
        if len(own):
            _ground(told, day, (force, own, duties), land, allowed)
        if len(own) or force.is_heard:
            _silences(told, day, (force, own, duties), land, allowed)


def _visits(told: Derived, day: Day, ways: Legs, land: Land) -> None:
    start_s, end_s = day.bounds_s
    found = find_visits(land.index, ways, from_s=start_s, to_s=end_s)
    before = find_visits(land.index, ways, from_s=start_s - 3600, to_s=start_s)
    was_there = {
        pair
        for pair, left_s in zip(_pairs(before), before.left_s.tolist(), strict=True)
        if left_s == start_s
    }
    rows = zip(
        _pairs(found),
        found.entered_s.tolist(),
        found.left_s.tolist(),
        found.dwell_s.tolist(),
        found.is_sure.tolist(),
        strict=True,
    )
    for pair, entered_s, left_s, dwell_s, is_sure in rows:
        is_continued = entered_s == start_s and pair in was_there
        basis = "seen" if is_sure else "passed"
        told.visits.append((*pair, entered_s, left_s, max(dwell_s, 0.0), basis, is_continued))


def _pairs(visits: Visits) -> list[tuple[int, int]]:
    return list(zip(visits.unit.tolist(), visits.grid.tolist(), strict=True))


def _ground(
    told: Derived,
    day: Day,
    moved: tuple[Force, Legs, Duties],
    land: Land,
    allowed: NDArray[np.bool_],
) -> None:
    force, own, duties = moved
    start_s, end_s = day.bounds_s
    grounds = ground_states(land.plan, own, from_s=start_s, to_s=end_s, duties=duties)
    for row, hour_s, ground in zip(
        grounds.grid.tolist(), grounds.hour_s.tolist(), grounds.grounds, strict=True
    ):
        # A silent unit may have been anywhere; outside its own division nothing is made of that.
        if allowed[row] or any(ground.visited) or any(ground.road_visited) or any(ground.likely):
            told.traces.append((force.id, row, hour_s, ground))


def _silences(
    told: Derived,
    day: Day,
    moved: tuple[Force, Legs, Duties],
    land: Land,
    allowed: NDArray[np.bool_],
) -> None:
    force, own, duties = moved
    start_s, end_s = day.bounds_s
    for row, entered_s, left_s in silent_stays(land, own, duties, allowed):
        since, until = max(entered_s, start_s), min(left_s, end_s)
        if since > until or (since == until and entered_s != left_s):
            continue
        basis = "silence" if len(own) else "unheard"
        is_continued = entered_s < start_s
        told.visits.append((force.id, row, since, until, 0.0, basis, is_continued))
        if not len(own):
            _all_unknown(told, land, (force.id, row), (since, until))


def _all_unknown(
    told: Derived, land: Land, whose: tuple[int, int], stay: tuple[float, float]
) -> None:
    """A unit that was not heard at all may have gone over every part of its grids."""
    unit, row = whose
    counts = int(land.plan.cell_counts[row]), int(land.plan.piece_counts[row])
    ones = [np.packbits(np.ones(count, np.uint8), bitorder="little").tobytes() for count in counts]
    none = [bytes(len(bits)) for bits in ones]
    ground = Ground(none[0], none[0], ones[0], none[1], none[1], ones[1])
    first = int(stay[0] // 3600) * 3600
    for hour_s in range(first, int(np.ceil(stay[1] / 3600)) * 3600, 3600):
        told.traces.append((unit, row, hour_s, ground))


def _fixes(heard: Heard, frame: LocalFrame) -> Fixes:
    """Return fixes in metres; those far from all grids are left out, they cannot be projected."""
    lon, lat = heard.lon_e7 / 1e7, heard.lat_e7 / 1e7
    near = (np.abs(lon - frame.lon) < _FAR_DEG) & (np.abs(lat - frame.lat) < _FAR_DEG)
    x, y = frame.to_metric(lon[near], lat[near])
    accuracy, speed = heard.accuracy_dm[near], heard.speed_cms[near]
    return Fixes(
        heard.unit[near],
        heard.at_us[near] / 1e6,
        x,
        y,
        np.where(accuracy >= 0, accuracy / 10.0, np.nan),
        np.where(speed >= 0, speed / 100.0, np.nan),
    )


def _duties(force: Force, own: Legs) -> Duties:
    """Return the duty that silences count in; one under way lasts until the last fix."""
    last_s = float(own.t1.max()) if len(own) else 0.0
    spans = []
    for begins, ends in force.duties:
        until_s = last_s if ends is None else ends.timestamp()
        if until_s > begins.timestamp():
            spans.append((begins.timestamp(), until_s))
    columns = np.array(spans, dtype=np.float64).reshape(-1, 2)
    return Duties(np.full(len(spans), force.id), columns[:, 0].copy(), columns[:, 1].copy())


def _allowed(force: Force, land: Land, *, is_heard: bool) -> NDArray[np.bool_]:
    """Return the grids in which a silence of the unit counts: those of its division.

    Of a unit that was not heard at all it counts in its home grids, where it has some.
    """
    homes = np.isin(land.grid_ids, force.homes)
    if not is_heard and homes.any():
        return homes
    low, high = force.span
    return (land.division_code >= low) & (land.division_code <= high)


def _only(ways: Legs, rows: slice) -> Legs:
    columns = (getattr(ways, name)[rows] for name in Legs.__slots__ if name != "rules")
    return Legs(ways.rules, *columns)


def moment(seconds: float) -> datetime:
    """Return an instant, to the microsecond."""
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=round(seconds * 1e6))
