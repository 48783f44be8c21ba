"""Invalid polygons put right, each within its time, or given up; any one CRS, degrees or metres.

A 500-vertex self-crossing ring keeps GEOS busy for minutes, deaf to signals (PERFORMANCE.md
section 1). So the work is done in a forked process that can be killed, with `method="structure"`
only; whoever calls this from a server does so inside `gis.sandbox`.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Geometries = NDArray[np.object_]

#: Polygons of up to this many vertices are mended many at a time: even the worst takes 0.05 s.
_SMALL_VERTICES = 100
_BATCH = 32
#: Up to here the area between a ring's crossings is found by noding it, in at most 0.3 s.
_NODED_VERTICES = 64
_LARGEST_CHANGE = 0.05
#: Up to here whether parts merely overlap is asked of each pair of them, in at most 0.1 s.
_OVERLAPPING_VERTICES, _OVERLAPPING_PARTS = 1000, 30
#: 3 of 18,941 footprints of San Francisco need the second.
_PASSES = 3


@dataclass(frozen=True, slots=True)
class MendingLimits:
    """Time for one polygon and for all of them, seconds."""

    each_s: float = 1.2
    total_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of one invalid polygon.

    Attributes
    ----------
    polygon : Polygon, MultiPolygon or None
        The valid polygon; None when it was given up.
    fault : str
        "" when mended, else ``tangled`` (out of time), ``vanished`` (nothing is left), ``changed``
        (its area changes by more than 5 %), ``unmendable``.
    area_change : float
        Share of the area gained or lost, 0.01 = 1 %.

    """

    polygon: BaseGeometry | None
    fault: str = ""
    area_change: float = 0.0


def mend_polygons(
    polygons: Geometries,
    *,
    negligible: float,
    limits: MendingLimits,
    on_progress: Callable[[int], None] | None = None,
) -> list[Mended]:
    """Valid forms of invalid polygons.

    Parameters
    ----------
    polygons : ndarray of Polygon or MultiPolygon, shape (n,)
        Invalid ones, finite coordinates, vertices already limited.
    negligible : float
        Area, in the square of the coordinates' unit, that may change whatever its share.
    limits : MendingLimits
        When to give up.
    on_progress : callable, optional
        Told the number done.

    Returns
    -------
    list of Mended
        In the order given.

    Notes
    -----
    A change is measured against the ring's signed area and, for up to 64 vertices, against the
    area between its crossings: a bow-tie keeps both its halves and changes nothing. Sound parts
    that overlap become their union, whatever the area counted twice.

    """
    shapes = _mended_shapes(polygons, limits, on_progress)
    verdicts = []
    for polygon, shape in zip(polygons, shapes, strict=True):
        verdicts.append(shape if isinstance(shape, Mended) else _judged(polygon, shape, negligible))
    return verdicts


def _mended_shapes(
    polygons: Geometries, limits: MendingLimits, on_progress: Callable[[int], None] | None
) -> list[BaseGeometry | Mended]:
    results: list[BaseGeometry | Mended] = [Mended(None, "tangled")] * len(polygons)
    waiting = _batches(shapely.get_num_coordinates(polygons))
    deadline = time.monotonic() + limits.total_s
    done = 0
    while waiting and time.monotonic() < deadline:
        finished, stuck = _run(polygons, waiting, limits.each_s, deadline, results)
        done += sum(len(batch) for batch in waiting[:finished])
        waiting = waiting[finished:]
        if stuck and waiting:
            first, *rest = waiting
            # One of the batch is at fault: each alone; a single one has had its time.
            waiting = [[index] for index in first] + rest if len(first) > 1 else rest
        if on_progress is not None:
            on_progress(done)
    return results


def _batches(vertices: NDArray[np.int32]) -> list[list[int]]:
    small = [int(i) for i in np.flatnonzero(vertices <= _SMALL_VERTICES)]
    large = [int(i) for i in np.flatnonzero(vertices > _SMALL_VERTICES)]
    return [small[at : at + _BATCH] for at in range(0, len(small), _BATCH)] + [[i] for i in large]


def _run(
    polygons: Geometries,
    batches: list[list[int]],
    each_s: float,
    deadline: float,
    results: list[BaseGeometry | Mended],
) -> tuple[int, bool]:
    """Mend batch after batch in one process; returns how many were finished, and if one stuck."""
    context = multiprocessing.get_context("fork")  # shares the polygons without copying them
    ours, theirs = context.Pipe(duplex=False)
    worker = context.Process(target=_work, args=(theirs, polygons, batches), daemon=True)
    worker.start()
    theirs.close()
    try:
        for number, batch in enumerate(batches):
            if time.monotonic() > deadline or not ours.poll(each_s):
                return number, True
            for index, wkb in zip(batch, _received(ours, len(batch)), strict=True):
                shape = None if wkb is None else shapely.from_wkb(wkb)
                results[index] = Mended(None, "unmendable") if shape is None else shape
        return len(batches), False
    except EOFError:
        return number, True
    finally:
        worker.kill()
        worker.join()
        ours.close()


def _received(connection: Connection, count: int) -> list[bytes | None]:
    # Both ends are this very process before and after a fork; nothing from outside gets here.
    received: list[bytes | None] = connection.recv()
    return received if len(received) == count else [None] * count


def _work(connection: Connection, polygons: Geometries, batches: list[list[int]]) -> None:
    for batch in batches:
        try:
            connection.send(list(shapely.to_wkb(_valid(polygons[batch]))))
        except (shapely.GEOSException, MemoryError):
            if len(batch) > 1:
                return  # the far end sees the pipe close and hands over one by one
            connection.send([None])


def _valid(polygons: Geometries) -> Geometries:
    """Valid forms; rounding at a crossing can leave a new fault, so a second pass is allowed."""
    mended = polygons.copy()
    for _ in range(_PASSES):
        faulty = ~shapely.is_valid(mended)
        if not faulty.any():
            break
        again = shapely.make_valid(mended[faulty], method="structure", keep_collapsed=False)
        mended[faulty] = _polygonal(again)
    return mended


def _polygonal(shapes: Geometries) -> Geometries:
    """The polygons of each shape, without the lines and points that mending may leave."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == 7)
    for index in mixed:
        parts = shapely.get_parts(shapes[index])
        areas = [part for part in parts if shapely.get_type_id(part) in (3, 6)]
        shapes[index] = shapely.union_all(areas)
    return shapes


def _judged(polygon: BaseGeometry, shape: BaseGeometry, negligible: float) -> Mended:
    area = float(shape.area)
    if shape.is_empty or area == 0.0 or not shape.is_valid:
        return Mended(None, "vanished" if area == 0.0 else "unmendable")
    before = float(polygon.area)
    change = _change(before, area)
    if change > _LARGEST_CHANGE and shapely.get_num_coordinates(polygon) <= _NODED_VERTICES:
        noded = shapely.make_valid(polygon, method="linework").area
        if _change(noded, area) < change:
            before, change = noded, _change(noded, area)
    if change > _LARGEST_CHANGE and _only_overlaps(polygon):
        return Mended(shape, "", change)
    if change > _LARGEST_CHANGE and abs(area - before) > negligible:
        return Mended(None, "changed", change)
    return Mended(shape, "", change)


def _only_overlaps(polygon: BaseGeometry) -> bool:
    """True for parts that are sound and merely overlap: together they are their union.

    A part within another is left out: it may be an island drawn twice, or a hole.
    """
    if shapely.get_type_id(polygon) != 6:
        return False
    if shapely.get_num_coordinates(polygon) > _OVERLAPPING_VERTICES:
        return False
    parts = shapely.get_parts(polygon)
    if len(parts) > _OVERLAPPING_PARTS or not shapely.is_valid(parts).all():
        return False
    within = shapely.contains(parts[:, None], parts[None, :])
    return int(within.sum()) == len(parts)


def _change(before: float, after: float) -> float:
    return abs(after - before) / before if before > 0.0 else math.inf
