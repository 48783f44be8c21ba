"""Sharing cells out to areas: weighted k-means, and the mending of areas that fell apart."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from .curves import Points

Labels = NDArray[np.int64]


def neighbours(polygons: NDArray[np.object_]) -> NDArray[np.int64]:
    """Pairs of cells that share a border, shape (n, 2), both directions."""
    tree = shapely.STRtree(polygons)
    a, b = tree.query(polygons, predicate="touches")
    shared = shapely.length(shapely.intersection(polygons[a], polygons[b]))
    pairs: Labels = np.column_stack([a, b])[shared > 0.0]
    return pairs


def parted(
    points: Points, weights: NDArray[np.float64], count: int, rng: np.random.Generator
) -> Labels:
    """Weighted k-means labels 0..count-1; seeds are drawn far from one another."""
    seeds = [int(np.argmax(weights))]
    for _ in range(count - 1):
        far = np.min([np.hypot(*(points - points[s]).T) for s in seeds], axis=0)
        chance = far**2 * weights
        seeds.append(int(rng.choice(len(points), p=chance / chance.sum())))
    middles = points[seeds].copy()
    for _ in range(30):
        apart = np.hypot(
            points[:, None, 0] - middles[None, :, 0], points[:, None, 1] - middles[None, :, 1]
        )
        labels: Labels = apart.argmin(axis=1)
        for k in range(count):
            mine = labels == k
            if mine.any():
                middles[k] = np.average(points[mine], axis=0, weights=weights[mine])
    return labels


def connected(labels: Labels, pairs: Labels, polygons: NDArray[np.object_]) -> Labels:
    """Labels where every area is one piece: splinters join the neighbour they border most."""
    result = labels.copy()
    for _ in range(20):
        piece = _pieces(result, pairs)
        splinters = _splinters(result, piece, polygons)
        if not splinters:
            return result
        for members in splinters:
            result[members] = _most_bordered(members, result, pairs)
    raise ValueError("areas do not become connected")


def _pieces(labels: Labels, pairs: Labels) -> Labels:
    """The smallest face index of each face's connected piece."""
    piece = np.arange(len(labels))
    same = pairs[labels[pairs[:, 0]] == labels[pairs[:, 1]]]
    while True:
        before = piece.copy()
        np.minimum.at(piece, same[:, 0], piece[same[:, 1]])
        piece = piece[piece]
        if (piece == before).all():
            return piece


def _splinters(labels: Labels, piece: Labels, polygons: NDArray[np.object_]) -> list[Labels]:
    area = shapely.area(polygons)
    found = []
    for label in np.unique(labels):
        roots = np.unique(piece[labels == label])
        sizes = [area[piece == r].sum() for r in roots]
        found += [np.flatnonzero(piece == r) for r in np.delete(roots, int(np.argmax(sizes)))]
    return found


def _most_bordered(members: Labels, labels: Labels, pairs: Labels) -> int:
    touching = pairs[np.isin(pairs[:, 0], members) & ~np.isin(pairs[:, 1], members)]
    around = labels[touching[:, 1]]
    values, counts = np.unique(around, return_counts=True)
    return int(values[np.argmax(counts)])
