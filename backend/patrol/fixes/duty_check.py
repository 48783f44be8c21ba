"""Which fixes fall into duty: a question on columns, no database in it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .batch import Ints

ENDLESS_US = 2**62


def on_duty(
    unit: Ints, at_us: Ints, periods: Sequence[tuple[int, int, int | None]]
) -> NDArray[np.bool_]:
    """Return for each fix whether a period of its unit holds it: begin included, end not.

    `periods` are (unit, begin, end or None while it lasts). A fix is held when more periods of
    its unit have begun by then than have ended; with unit and instant packed into one number,
    two binary searches count both. Periods of other units lie wholly before or after.
    """
    if not periods:
        return np.zeros(len(unit), bool)
    owner = np.array([p[0] for p in periods], np.int64)
    begin = np.array([p[1] for p in periods], np.int64)
    end = np.array([ENDLESS_US if p[2] is None else p[2] for p in periods], np.int64)
    # Ranks instead of instants, so that the packed number cannot overflow.
    instants = np.unique(np.concatenate([at_us, begin, end]))
    units = np.unique(np.concatenate([unit, owner]))
    width = len(instants) + 1

    def packed(who: Ints, when: Ints) -> Ints:
        return np.searchsorted(units, who) * width + np.searchsorted(instants, when)

    asked = packed(unit, at_us)
    begun = np.searchsorted(np.sort(packed(owner, begin)), asked, side="right")
    ended = np.searchsorted(np.sort(packed(owner, end)), asked, side="right")
    held: NDArray[np.bool_] = begun > ended
    return held
