"""The visible ground of one sweep, slab by slab between the slopes at which anything changes.

Strands (`gis.strands`) are straight over slope, so between two events their order in depth stays.
Walking each slab from the camera outwards and counting what begins and ends to hide gives the
intervals that are seen; `gis.knots` joins neighbouring slabs to rings.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gis.compiled import compiled
from gis.envelope import MIN_WEDGE, sort_events
from gis.knots import (
    APEX,
    END,
    FIRST,
    LEFT,
    NEAR,
    RIGHT,
    Ends,
    Knots,
    new_knot,
    open_turn,
    tie,
    with_knots,
)
from gis.obstacles import Floats, Ints
from gis.picks import (
    PICK,
    Picks,
    are_ordered,
    crossings,
    depth,
    list_seen,
    pick,
    sort_picks,
)
from gis.strands import Strands
from gis.wedge import Eye

#: Slabs of such widths are doubtful: less than a tenth of a micrometre 10 cm from the camera, and
#: yet more than the rounding of a slope, which only doubles a ray.
_NARROW = (1e-13, 1e-6)


class Loom(NamedTuple):
    """Working space of a sweep, reused from camera to camera."""

    key: Floats
    event: Ints
    #: Veils over the current slab.
    active: Ints
    #: The front and what of the veils comes before it.
    picks: Picks
    #: What is seen on both sides of the current ray, and where a full turn began: (3, n).
    ends: Ends


class Cloth(NamedTuple):
    """One sweep: its strands, working space, eye, the camera's foot, and the place in its field.

    Strand s of the sweep has the number base + s in the field.
    """

    strands: Strands
    picks: Picks
    ends: Ends
    eye: Eye
    foot_x: float
    foot_y: float
    base: int


class Progress(NamedTuple):
    """The outline of a field so far."""

    #: Knots used.
    used: int
    #: Borders seen left of the current ray (-1 before a full turn), and where a turn began (or -1).
    n_left: int
    n_first: int
    #: Whether rounding may have led rings through one another.
    is_doubtful: bool


@compiled
def new_loom(n: int) -> Loom:
    """Room for `n` veils."""
    key, event, active = np.empty(2 * n), np.empty(2 * n, np.int32), np.empty(n, np.int32)
    return Loom(key, event, active, np.empty(n + 1, PICK), np.empty((3, n + 3), END))


@compiled
def with_loom(loom: Loom, n: int) -> Loom:
    """The same with room for at least `n` veils."""
    if n <= loom.active.size:
        return loom
    larger = new_loom(2 * n)
    larger.ends[:, : loom.ends.shape[1]] = loom.ends
    return larger


@compiled
def weave(
    cloth: Cloth, sizes: tuple[int, int], loom: Loom, outline: tuple[Knots, Progress]
) -> tuple[Knots, Progress]:
    """Go on with a field's outline over one sweep, from right to left.

    `sizes` are the numbers of front strands and of all. A full turn begins with `n_left` -1.
    """
    n_front = sizes[0]
    knots, progress = outline
    key, event, active, strands = loom.key, loom.event, loom.active, cloth.strands
    n_events = _sort_veils(strands, sizes, key, event)
    cursor, k, n_active, deficit, is_doubtful = -cloth.eye.reach, 0, 0, 0, False
    for front in range(n_front):
        end = strands[front].hi if front < n_front - 1 else cloth.eye.reach
        is_event = True
        while is_event:
            is_event = k < n_events and key[k] < end
            stop = key[k] if is_event else end
            is_doubtful = is_doubtful or is_narrow(stop - cursor)
            if stop - cursor > MIN_WEDGE:
                span = (cursor, stop)
                n_picked = pick(strands, active, cloth.picks, (front, n_active), span)
                if n_picked == 1 and deficit == 0 and _is_open(cloth.ends, progress):
                    knots, progress = _pass_front(cloth, front, span, (knots, progress))
                else:
                    counts = (n_picked, deficit)
                    knots, progress = _cross(cloth, counts, span, (knots, progress))
            cursor = max(cursor, stop)
            if is_event:
                n_active, turn = _update(strands, active, event[k], n_active)
                deficit -= turn
                k += 1
    is_doubtful = is_doubtful or progress.is_doubtful
    return knots, Progress(progress.used, progress.n_left, progress.n_first, is_doubtful)


@compiled
def finish(loom: Loom, knots: Knots, progress: Progress) -> tuple[Knots, int, bool]:
    """Close a field's outline after its last sweep: knots, how many, whether they are doubtful."""
    n_left, n_first, used = progress.n_left, max(progress.n_first, 0), progress.used
    knots = with_knots(knots, used + 2 * (n_left + n_first))
    used, is_near = tie(knots, used, loom.ends, (n_left, n_first), FIRST)
    return knots, used, is_near or progress.is_doubtful


@compiled
def _sort_veils(strands: Strands, sizes: tuple[int, int], key: Floats, event: Ints) -> int:
    k = 0
    for s in range(sizes[0], sizes[1]):
        key[k], event[k] = strands[s].lo, 2 * s
        key[k + 1], event[k + 1] = strands[s].hi, 2 * s + 1
        k += 2
    sort_events(key, event, k)
    return k


@compiled
def _update(strands: Strands, active: Ints, event: int, n_active: int) -> tuple[int, int]:
    """Take the event's veil in or out; how many are left, and the change of their turns' sum."""
    s = event >> 1
    turn = int(strands[s].turn)
    if event & 1:
        for i in range(n_active):
            if active[i] == s:
                active[i] = active[n_active - 1]
                return n_active - 1, -turn
    active[n_active] = s
    return n_active + 1, turn


@compiled
def is_narrow(width: float) -> bool:
    """Whether rounding may turn round what stands in a slab of that width."""
    return _NARROW[0] < width < _NARROW[1]


@compiled
def _is_open(ends: Ends, progress: Progress) -> bool:
    """Whether all is seen up to the front left of the ray."""
    return progress.n_left == 2 and ends[LEFT, 0].strand == APEX


@compiled
def _pass_front(
    cloth: Cloth, front: int, span: tuple[float, float], outline: tuple[Knots, Progress]
) -> tuple[Knots, Progress]:
    """Add a slab in which nothing stands before the front to another of that kind.

    The same as `_add`, in a tenth of the time: most slabs are of this kind.
    """
    knots, progress = outline
    used = progress.used
    end = cloth.ends[LEFT, 1]
    if end.strand != cloth.base + front:
        knots = with_knots(knots, used + 2)
        knots[end.knot].after = used
        used, w = new_knot(knots, used, end, used), end.w
        end.strand = cloth.base + front
        _locate(cloth, end, span[0])
        if end.w != w:
            knots[used - 1].after = used
            used = new_knot(knots, used, end, used)
        end.knot = used - 1
    _locate(cloth, end, span[1])
    return knots, Progress(used, 2, progress.n_first, progress.is_doubtful)


@compiled
def _cross(
    cloth: Cloth,
    counts: tuple[int, int],
    span: tuple[float, float],
    outline: tuple[Knots, Progress],
) -> tuple[Knots, Progress]:
    """Add one slab, cut where strands cross in it."""
    n, deficit = counts
    a, b = span
    picks, start = cloth.picks, (deficit, cloth.base)
    sort_picks(picks, n, 0.5)
    if are_ordered(picks, n):
        return _add(cloth, list_seen(picks, n, cloth.ends, start), span, outline)
    knots, progress = outline
    for cut in crossings(picks, n, span):
        if is_narrow(cut - a):
            progress = Progress(progress.used, progress.n_left, progress.n_first, True)
        if cut - a > MIN_WEDGE:
            sort_picks(picks, n, (0.5 * (a + cut) - span[0]) / (b - span[0]))
            n_seen = list_seen(picks, n, cloth.ends, start)
            knots, progress = _add(cloth, n_seen, (a, cut), (knots, progress))
            a = cut
    return knots, progress


@compiled
def _add(
    cloth: Cloth, n_seen: int, span: tuple[float, float], outline: tuple[Knots, Progress]
) -> tuple[Knots, Progress]:
    """Join the slab on the right, whose `n_seen` borders are listed, to the outline."""
    knots, progress = outline
    ends, is_doubtful = cloth.ends, progress.is_doubtful
    used, n_left, n_first = progress.used, progress.n_left, progress.n_first
    if _is_as_before(ends, n_left, n_seen):
        is_doubtful = is_doubtful or _are_near(ends, n_seen)
    else:
        for k in range(n_seen):
            ends[RIGHT, k].knot = -1
            _locate(cloth, ends[RIGHT, k], span[0])
        knots = with_knots(knots, used + 2 * (max(n_left, 0) + n_seen))
        if n_left < 0:
            used, n_first = open_turn(knots, ends, n_seen), n_seen
        else:
            used, is_near = tie(knots, used, ends, (n_left, n_seen), RIGHT)
            is_doubtful = is_doubtful or is_near
        for k in range(n_seen):
            ends[LEFT, k] = ends[RIGHT, k]
    for k in range(n_seen):
        _locate(cloth, ends[LEFT, k], span[1])
    return knots, Progress(used, n_seen, n_first, is_doubtful)


@compiled
def _is_as_before(ends: Ends, n_left: int, n_right: int) -> bool:
    """Whether the same borders are seen on both sides of the ray."""
    is_same = n_left == n_right
    for k in range(n_right if is_same else 0):
        is_same = is_same and ends[LEFT, k].strand == ends[RIGHT, k].strand
    return is_same


@compiled
def _are_near(ends: Ends, n: int) -> bool:
    """Whether borders on the left touch at the ray."""
    is_near = False
    for k in range(1, n):
        is_near = is_near or ends[LEFT, k].w >= ends[LEFT, k - 1].w * (1.0 - NEAR)
    return is_near


@compiled
def _locate(cloth: Cloth, end: Any, m: float) -> None:
    """Where a border meets the ray of slope m."""
    if end.strand == APEX:
        end.w, end.x, end.y = np.inf, cloth.foot_x, cloth.foot_y
        return
    eye, w = cloth.eye, depth(cloth.strands, end.strand - cloth.base, m)
    u = 1.0 / w
    v = m * u
    end.w = w
    end.x = eye.x + u * eye.heading_x - v * eye.heading_y
    end.y = eye.y + u * eye.heading_y + v * eye.heading_x
