"""What of a unit's fixes can be true, and what is known between two of them.

Times are seconds since 1970 UTC, positions metres in one plane frame (`gis.frame`). Every answer
is a function of the *set* of fixes: their order and repetitions never matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gis.errors import ArgumentError
from gis.trackjumps import firm_fixes, jumping_fixes, told_once

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Why a fix was left out, by the number in `Cleaned.refused`; 0 is a fix that was kept.
REASONS = ("kept", "duplicate", "clash", "inaccurate", "jump")
KEPT, DUPLICATE, CLASH, INACCURATE, JUMP = range(5)


@dataclass(frozen=True, slots=True)
class TrackRules:
    """How fast a unit can be, how exact its fixes are and how far it sees."""

    #: No unit of the kind is faster than this over any two fixes, m/s.
    speed_mps: float
    #: Unit sees what is nearer than this, metres.
    swath_m: float
    #: A longer silence is a gap: nothing between its ends is known, seconds.
    gap_s: float = 120.0
    #: Fixes stated worse than this are left out, metres.
    accuracy_limit_m: float = 50.0
    #: Taken for a fix that states no accuracy, metres.
    assumed_accuracy_m: float = 5.0
    #: The truth lies within this many times the stated accuracy.
    accuracy_scale: float = 3.0
    #: A visit goes on after a leaving that is no longer than this, seconds.
    merge_s: float = 60.0
    #: A fix is judged a jump by its neighbours nearer than this in time, seconds.
    window_s: float = 600.0

    def __post_init__(self) -> None:
        for name in ("speed_mps", "swath_m", "gap_s", "accuracy_limit_m", "window_s"):
            if not 0.0 < getattr(self, name) < np.inf:
                raise ArgumentError(name, got=getattr(self, name), allowed="above 0, finite")
        for name in ("assumed_accuracy_m", "accuracy_scale", "merge_s"):
            if not 0.0 <= getattr(self, name) < np.inf:
                raise ArgumentError(name, got=getattr(self, name), allowed="0 or more, finite")

    @property
    def margin_s(self) -> float:
        """Fixes needed before and after a period so that it comes out as from all fixes, s."""
        return self.gap_s + self.window_s


#: Limits by vehicle. Speeds lie above what is ridden (walkers 1.2 m/s, e-bikes 4.2 m/s), since one
#: that is too low would call ground visited that was not.
_RULES: Mapping[str, TrackRules] = MappingProxyType(
    {
        "foot": TrackRules(speed_mps=3.0, swath_m=30.0),
        "ebike": TrackRules(speed_mps=9.0, swath_m=30.0),
        "motorcycle": TrackRules(speed_mps=25.0, swath_m=25.0),
        "car": TrackRules(speed_mps=35.0, swath_m=25.0),
    }
)


def rules_of(vehicle: str) -> TrackRules:
    """Rules of a vehicle: foot, ebike, motorcycle or car.

    Parameters
    ----------
    vehicle : {"foot", "ebike", "motorcycle", "car"}
        Kind of vehicle; `dataclasses.replace` changes single limits.

    Returns
    -------
    TrackRules
        Its limits.

    Raises
    ------
    ArgumentError
        If the vehicle is another.

    """
    try:
        return _RULES[vehicle]
    except KeyError:
        raise ArgumentError("vehicle", got=vehicle, allowed=", ".join(_RULES)) from None


@dataclass(frozen=True, slots=True)
class Fixes:
    """Fixes as they came, in any order, each any number of times; arrays of shape (n,)."""

    #: Number of the unit, int64.
    unit: Ints
    #: Seconds since 1970 UTC, float64.
    at_s: Floats
    #: Metres in one plane frame, float64.
    x: Floats
    y: Floats
    #: Stated radius of accuracy in metres and speed in m/s, float64; nan where not stated.
    accuracy_m: Floats
    speed_mps: Floats

    def __len__(self) -> int:
        return len(self.unit)

    def __post_init__(self) -> None:
        for name in ("at_s", "x", "y"):
            if not np.all(np.isfinite(getattr(self, name))):
                raise ArgumentError(name, got="nan or inf", allowed="finite numbers")
        shapes = {np.shape(getattr(self, name)) for name in self.__slots__}
        if shapes != {(len(self.unit),)}:
            raise ArgumentError("fixes", got=f"shapes {sorted(shapes)}", allowed="one length")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Fixes that can be true, by unit and time; one at most at any time of a unit."""

    rules: TrackRules
    #: Rows of the fixes kept, by unit and time, int64 (k,).
    kept: Ints
    #: Why each fix was left out, uint8 (n,): the number of its reason in `REASONS`.
    refused: NDArray[np.uint8]
    #: Columns of the fixes kept, shape (k,).
    unit: Ints
    at_s: Floats
    x: Floats
    y: Floats
    #: The truth lies within this of the fix, metres: stated accuracy times the scale.
    radius_m: Floats
    #: False for a fix that no neighbour supports and one contradicts: it proves no visit.
    is_firm: Flags

    def __len__(self) -> int:
        return len(self.kept)


@dataclass(frozen=True, slots=True)
class Legs:
    """Stretches between two fixes of a unit that follow each other, by unit and time; shape (m,).

    A unit with a single fix has one leg that begins and ends there at the same time.
    """

    rules: TrackRules
    unit: Ints
    x0: Floats
    y0: Floats
    t0: Floats
    x1: Floats
    y1: Floats
    t1: Floats
    #: The truth lies within this of the first and of the last fix, metres.
    radius0_m: Floats
    radius1_m: Floats
    #: Whether the fix proves that its place was visited.
    is_firm0: Flags
    is_firm1: Flags
    #: False for a gap: longer than the limit, or faster than the unit can be.
    is_known: Flags

    def __len__(self) -> int:
        return len(self.unit)


def clean(fixes: Fixes, rules: TrackRules) -> Cleaned:
    """Fixes that can be true together, and why the others were left out.

    Out go repetitions (`duplicate`), all but the most accurate of different fixes of one time
    (`clash`), those stated worse than the limit (`inaccurate`) and those that the unit could not
    have reached from, or left for, most of up to three fixes before and three after (`jump`).

    Parameters
    ----------
    fixes : Fixes
        Any order.
    rules : TrackRules
        Of the units' vehicle.

    Returns
    -------
    Cleaned
        Also when no fix is left.

    Notes
    -----
    What becomes of a fix depends on fixes within `window_s` of it alone, so that a day with
    `rules.margin_s` of neighbours comes out as from all fixes.

    """
    stated = np.where(np.isnan(fixes.accuracy_m), rules.assumed_accuracy_m, fixes.accuracy_m)
    order = _by_unit_and_time(fixes)
    refused = np.zeros(len(fixes), dtype=np.uint8)
    told_once(order, fixes.unit, fixes.at_s, (fixes.x, fixes.y, stated, fixes.speed_mps), refused)
    refused[(stated > rules.accuracy_limit_m) & (refused == KEPT)] = INACCURATE
    kept = order[refused[order] == KEPT] if refused.any() else order
    columns = _columns(fixes, stated * rules.accuracy_scale, kept)
    is_jump = jumping_fixes(columns, rules.speed_mps, rules.window_s)
    if is_jump.any():
        refused[kept[is_jump]] = JUMP
        kept, columns = kept[~is_jump], tuple(column[~is_jump] for column in columns)
    is_firm = firm_fixes(columns, rules.speed_mps, rules.window_s)
    return Cleaned(rules, kept, refused, *columns, is_firm)


def legs(cleaned: Cleaned) -> Legs:
    """Legs between fixes that follow each other, each known or a gap.

    A leg is known when it lasts no longer than `gap_s` and its ends, each moved by what its fix
    may be off, are no farther apart than the unit can go.

    Parameters
    ----------
    cleaned : Cleaned
        From `clean`.

    Returns
    -------
    Legs
        One per pair, and one per unit with a single fix.

    """
    first = np.append(True, cleaned.unit[1:] != cleaned.unit[:-1])[: len(cleaned)]
    last = np.append(first[1:], True)[: len(cleaned)]
    begins = np.flatnonzero(~last | first)
    ends = np.where(last[begins], begins, begins + 1)
    x0, y0, t0 = cleaned.x[begins], cleaned.y[begins], cleaned.at_s[begins]
    x1, y1, t1 = cleaned.x[ends], cleaned.y[ends], cleaned.at_s[ends]
    radius0, radius1 = cleaned.radius_m[begins], cleaned.radius_m[ends]
    lasted_s = t1 - t0
    reach_m = lasted_s * cleaned.rules.speed_mps + radius0 + radius1
    is_known = (lasted_s <= cleaned.rules.gap_s) & (np.hypot(x1 - x0, y1 - y0) <= reach_m)
    firm = cleaned.is_firm
    return Legs(
        *(cleaned.rules, cleaned.unit[begins], x0, y0, t0, x1, y1, t1, radius0, radius1),
        *(firm[begins], firm[ends], is_known),
    )


def _by_unit_and_time(fixes: Fixes) -> Ints:
    unit, at_s = fixes.unit, fixes.at_s
    follows = (unit[1:] > unit[:-1]) | ((unit[1:] == unit[:-1]) & (at_s[1:] > at_s[:-1]))
    if bool(np.all(follows)):
        return np.arange(len(unit), dtype=np.int64)
    return np.lexsort((at_s, unit)).astype(np.int64)


def _columns(
    fixes: Fixes, radius_m: Floats, rows: Ints
) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    return fixes.unit[rows], fixes.at_s[rows], fixes.x[rows], fixes.y[rows], radius_m[rows]
