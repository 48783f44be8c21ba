"""Nodes on common borders: put on an edge, moved onto a near one, found where paths cross.

All in degrees lon/lat, EPSG:4326. A border is common when both sides have the same nodes to the
last bit, so a node is computed once and given to everybody it concerns. It is not rounded to a
grid of precision: that would move the edge it lies on, and 0.1 mm along 1 km is 0.1 m2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]

REACH_DEG = 1e-8
"""1 mm: nodes nearer than this are one node, and a node nearer than this to an edge is on it."""
_PAIRS_AT_ONCE = 2_000_000


def nodes_of(*shapes: BaseGeometry) -> Floats:
    """Distinct vertices of shapes.

    Parameters
    ----------
    *shapes : Polygon, MultiPolygon or line
        Lon/lat, EPSG:4326.

    Returns
    -------
    numpy.ndarray of float64, shape (n, 2)
        Sorted; empty when there is no shape.

    """
    found = [shapely.get_coordinates(shape) for shape in shapes]
    return np.unique(np.concatenate([np.empty((0, 2)), *found]), axis=0)


def snapped(path: Floats, anchors: Floats) -> Floats:
    """Path with every vertex that is near an anchor moved onto it.

    Parameters
    ----------
    path : numpy.ndarray of float64, shape (m, 2)
        Lon/lat, EPSG:4326.
    anchors : numpy.ndarray of float64, shape (n, 2)
        Nodes that stay where they are.

    Returns
    -------
    numpy.ndarray of float64, shape (k, 2), k <= m
        Without vertices that repeat the one before.

    """
    moved = path.copy()
    if len(anchors) and len(path):
        tree = shapely.STRtree(list(shapely.get_parts(shapely.multipoints(anchors))))
        own, near = tree.query_nearest(
            shapely.points(path), max_distance=REACH_DEG, all_matches=False
        )
        moved[own] = anchors[near]
    keeps = np.append(True, np.any(np.diff(moved, axis=0) != 0.0, axis=1))
    return np.asarray(moved[keeps])


def inserted(path: Floats, nodes: Floats) -> Floats:
    """Path with the nodes that lie on one of its edges put there.

    Parameters
    ----------
    path : numpy.ndarray of float64, shape (m, 2)
        Lon/lat, EPSG:4326.
    nodes : numpy.ndarray of float64, shape (n, 2)
        Those within `REACH_DEG` of an edge and not of its ends are inserted, as they are.

    Returns
    -------
    numpy.ndarray of float64, shape (m + k, 2)
        The path itself when there is nothing to insert.

    Notes
    -----
    O(m n) after a box has been laid round the path.

    """
    low, high = path.min(axis=0) - REACH_DEG, path.max(axis=0) + REACH_DEG
    near = np.unique(nodes[np.all((nodes >= low) & (nodes <= high), axis=1)], axis=0)
    if not len(near) or len(path) < 2:
        return path
    start, step = path[:-1], np.diff(path, axis=0)
    found = [
        _on_edges(start, step, chunk)
        for chunk in np.array_split(near, 1 + len(near) * len(step) // _PAIRS_AT_ONCE)
    ]
    edge = np.concatenate([each[0] for each in found])
    along = np.concatenate([each[1] for each in found])
    node = np.concatenate([each[2] for each in found])
    order = np.lexsort((along, edge))
    return np.insert(path, edge[order] + 1, node[order], axis=0) if len(order) else path


def _on_edges(
    start: Floats, step: Floats, nodes: Floats
) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return edge, place along it (0 to 1) and node of the nodes that lie on edges."""
    length2 = np.maximum((step**2).sum(axis=1), 1e-300)
    away = nodes[:, None, :] - start
    along = (away * step).sum(axis=2) / length2
    aside = np.hypot(*np.moveaxis(away - along[..., None] * step, 2, 0))
    margin = REACH_DEG / np.sqrt(length2)
    is_on = (aside <= REACH_DEG) & (along > margin) & (along < 1.0 - margin)
    is_on &= aside == np.where(is_on, aside, np.inf).min(axis=1, keepdims=True)
    node, edge = np.nonzero(is_on)
    return edge, along[node, edge], nodes[node]


def crossings(path: Floats, others: Floats, ends: Floats) -> Floats:
    """Nodes where a path properly crosses edges.

    Parameters
    ----------
    path : numpy.ndarray of float64, shape (m, 2)
        Lon/lat, EPSG:4326.
    others, ends : numpy.ndarray of float64, shape (n, 2)
        From where to where the edges go.

    Returns
    -------
    numpy.ndarray of float64, shape (k, 2)
        None within `REACH_DEG` of an end of either edge, because there the end itself is the node.

    """
    found = [np.empty((0, 2))]
    for start, step in zip(path[:-1], np.diff(path, axis=0), strict=True):
        low = np.minimum(start, start + step) - REACH_DEG
        high = np.maximum(start, start + step) + REACH_DEG
        is_near = np.all(
            (np.minimum(others, ends) <= high) & (np.maximum(others, ends) >= low), axis=1
        )
        base, edge = others[is_near], ends[is_near] - others[is_near]
        cross = step[0] * edge[:, 1] - step[1] * edge[:, 0]
        is_bent = cross != 0.0
        base, edge, cross = base[is_bent], edge[is_bent], cross[is_bent]
        away = base - start
        along = (away[:, 0] * edge[:, 1] - away[:, 1] * edge[:, 0]) / cross
        aside = (away[:, 0] * step[1] - away[:, 1] * step[0]) / cross
        meets = (along >= 0.0) & (along <= 1.0) & (aside >= 0.0) & (aside <= 1.0)
        at = (base + aside[:, None] * edge)[meets]
        tips = (start, start + step, base[meets], (base + edge)[meets])
        is_free = np.all([np.hypot(*(at - tip).T) > REACH_DEG for tip in tips], axis=0)
        found.append(at[is_free])
    return np.unique(np.concatenate(found), axis=0)


def edges_of(shape: BaseGeometry) -> tuple[Floats, Floats]:
    """Both ends of every edge of a polygon's rings, or of a line.

    Parameters
    ----------
    shape : Polygon, MultiPolygon, LineString or MultiLineString
        Lon/lat, EPSG:4326.

    Returns
    -------
    start, end : numpy.ndarray of float64, shape (n, 2)

    """
    lines = shape.boundary if isinstance(shape, Polygon | MultiPolygon) else shape
    paths = [np.asarray(line.coords)[:, :2] for line in shapely.get_parts(lines)]
    if not paths:
        return np.empty((0, 2)), np.empty((0, 2))
    return np.concatenate([p[:-1] for p in paths]), np.concatenate([p[1:] for p in paths])


def with_rings(shape: BaseGeometry, change: Callable[[Floats], Floats]) -> BaseGeometry:
    """Polygon or multipolygon with each ring changed; the same object when none was.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        Lon/lat, EPSG:4326.
    change : function from a closed ring, shape (m, 2), to one
        Returns its argument itself to leave a ring as it is.

    Returns
    -------
    Polygon or MultiPolygon
        A part whose ring has collapsed is left out; empty when none stays.

    """
    parts, is_same = [], True
    for part in shapely.get_parts(shape):
        rings = [np.asarray(ring.coords)[:, :2] for ring in (part.exterior, *part.interiors)]
        changed = [change(ring) for ring in rings]
        is_same &= all(new is old for new, old in zip(changed, rings, strict=True))
        shell, *holes = changed
        if len(shell) > 3:
            parts.append(Polygon(shell, [hole for hole in holes if len(hole) > 3]))
    if is_same:
        return shape
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def with_nodes(shape: BaseGeometry, nodes: Floats) -> BaseGeometry:
    """Polygon or multipolygon with the nodes that lie on its edges; the same object if none does.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        Lon/lat, EPSG:4326.
    nodes : numpy.ndarray of float64, shape (n, 2)
        See `inserted`.

    Returns
    -------
    Polygon or MultiPolygon

    """
    west, south, east, north = shape.bounds
    is_near = (nodes[:, 0] >= west - REACH_DEG) & (nodes[:, 0] <= east + REACH_DEG)
    is_near &= (nodes[:, 1] >= south - REACH_DEG) & (nodes[:, 1] <= north + REACH_DEG)
    return (
        with_rings(shape, lambda ring: inserted(ring, nodes[is_near])) if is_near.any() else shape
    )
