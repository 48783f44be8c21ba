"""Which cells and pieces of road were visited, hour by hour, and which nobody can tell.

Metres in one plane frame, seconds since 1970 UTC. Bitmaps begin with the least bit of their first
byte, as `numpy.packbits(..., bitorder="little")` writes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.errors import ArgumentError
from gis.groundmarks import mark_all
from gis.patrolplan import PatrolPlan
from gis.silences import Duties, silences_of
from gis.tracks import Ints, Legs

HOUR_S = 3600
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Ground:
    """Bitmaps of one grid, over its cells and its pieces of road; no bit is in two states.

    `unknown` holds `likely`: what the straight way between two fixes passes, but not every way.
    """

    visited: bytes
    likely: bytes
    unknown: bytes
    road_visited: bytes
    road_likely: bytes
    road_unknown: bytes


@dataclass(frozen=True, slots=True)
class Grounds:
    """Bitmaps of grids and hours in which at least one bit is set, by grid and hour."""

    #: Place of the grid in the plan, int64 (k,).
    grid: Ints
    #: Beginning of the hour, seconds since 1970 UTC, int64 (k,).
    hour_s: Ints
    grounds: tuple[Ground, ...]

    def __len__(self) -> int:
        return len(self.grounds)


def ground_states(
    plan: PatrolPlan, legs: Legs, *, from_s: int, to_s: int, duties: Duties | None = None
) -> Grounds:
    """Bitmaps of what the units of some legs visited, likely visited or may have visited.

    A place is *visited* when every way that a unit can have taken, at its speed limit and with
    fixes off by their accuracy, comes within the swath; *likely* when the straight leg does;
    *unknown* when some way does. A gap is never visited nor likely but at its ends.

    Parameters
    ----------
    plan : PatrolPlan
        In the frame of the legs.
    legs : Legs
        From `gis.tracks.legs`.
    from_s, to_s : int
        Hours asked for, seconds since 1970 UTC, whole hours, the end excluded.
    duties : Duties, optional
        When units were on duty: gaps count within them alone, and what is reachable between the
        beginning of a duty and the first fix, or the last fix and its end, is unknown. A unit
        on duty that sent nothing at all makes everything unknown. Without duties gaps count
        whole, and nothing is said before the first fix and after the last.

    Returns
    -------
    Grounds
        One per grid and hour with any bit.

    Raises
    ------
    ArgumentError
        If the period is not whole hours, or ends before it begins.

    Notes
    -----
    The ground of several units, or of several hours, is `joined`. Duties may reach beyond the
    period, and should: a gap is known by its ends. With legs from fixes of the period and
    `rules.margin_s` more on either side nothing visited or likely is missing; a gap whose end lies
    farther off is then taken as silence from the duty's beginning, or to its end.

    """
    if from_s % HOUR_S or to_s % HOUR_S or to_s < from_s:
        raise ArgumentError("from_s, to_s", got=f"{from_s}, {to_s}", allowed="whole hours")
    hours = (int(from_s) // HOUR_S, (int(to_s) - int(from_s)) // HOUR_S)
    columns = (
        legs.unit,
        (legs.x0, legs.y0, legs.t0, legs.x1, legs.y1, legs.t1),
        (legs.radius0_m, legs.radius1_m, legs.is_firm0, legs.is_firm1, legs.is_known),
    )
    silences, limits = silences_of(legs, duties), (legs.rules.speed_mps, legs.rules.swath_m)
    stamps, slots = np.zeros(len(plan) + 1, np.int64), np.full(len(plan) * hours[1], -1, np.int32)
    none, nowhere = np.zeros(1, np.int64), np.zeros((3, 0), np.uint8)
    # Once to find the grids and hours that may be touched, once more to set their bits.
    asked = (hours, stamps, slots, none, none, nowhere, nowhere)
    mark_all(plan.arrays, columns, silences, limits, asked)
    touched = np.flatnonzero(slots == -2)
    slots[touched] = np.arange(len(touched))
    grid, hour = touched // max(hours[1], 1), touched % max(hours[1], 1)
    cell_starts, cells = _room(plan.cell_counts[grid])
    piece_starts, pieces = _room(plan.piece_counts[grid])
    marks = (hours, stamps, slots, cell_starts, piece_starts, cells, pieces)
    mark_all(plan.arrays, columns, silences, limits, marks)
    return _told(grid, (hours[0] + hour) * HOUR_S, (cell_starts, cells), (piece_starts, pieces))


def joined(one: Ground, other: Ground) -> Ground:
    """Ground of two units, or of two hours, in one: what either visited, then what is unknown.

    Parameters
    ----------
    one, other : Ground
        Of the same grid and plan.

    Returns
    -------
    Ground
        Visited by either; likely and unknown where neither visited.

    """
    first, second = (_layers(ground) for ground in (one, other))
    return Ground(*_apart([a | b for a, b in zip(first, second, strict=True)]))


def _room(counts: Ints) -> tuple[Ints, Bytes]:
    """First byte of each slot and one past the last, and empty layers for all."""
    starts = np.concatenate([[0], np.cumsum((counts + 7) // 8)]).astype(np.int64)
    return starts, np.zeros((3, int(starts[-1])), dtype=np.uint8)


def _told(
    grid: Ints, hour_s: Ints, cells: tuple[Ints, Bytes], pieces: tuple[Ints, Bytes]
) -> Grounds:
    """The grounds of all slots with any bit; slots are by grid and hour already."""
    rows, grounds = [], []
    for slot in range(len(grid)):
        layers = [
            bits[layer, starts[slot] : starts[slot + 1]]
            for starts, bits in (cells, pieces)
            for layer in range(3)
        ]
        if any(layer.any() for layer in layers):
            rows.append(slot)
            grounds.append(Ground(*_apart(layers)))
    kept = np.array(rows, dtype=np.int64)
    return Grounds(grid[kept], hour_s[kept], tuple(grounds))


def _apart(layers: list[Bytes]) -> list[bytes]:
    """Layers without the bits that a stronger one holds; unknown keeps those of likely."""
    told = []
    for visited, likely, unknown in (layers[:3], layers[3:]):
        told += [visited, likely & ~visited, (unknown | likely) & ~visited]
    return [layer.tobytes() for layer in told]


def _layers(ground: Ground) -> list[Bytes]:
    return [np.frombuffer(getattr(ground, name), dtype=np.uint8) for name in ground.__slots__]
