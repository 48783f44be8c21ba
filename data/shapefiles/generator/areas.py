"""Villages and basic grids: they tile the county and share every border vertex (metres)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPoint, Polygon

from .curves import Points, merged_tiles, rng_for
from .land import Land
from .names import TOWNSHIPS
from .partition import connected, neighbours, parted
from .settlements import Hamlet
from .smoothing import smoothed_tiles
from .towns import Town

# Shares of the county town's lattice where its communities have their middles.
SEAT_COMMUNITIES = {
    "城中社区": (0.42, 0.52),
    "西苑社区": (0.12, 0.55),
    "北街社区": (0.40, 0.90),
    "南桥社区": (0.38, 0.08),
    "东关社区": (0.68, 0.45),
    "文昌社区": (0.93, 0.80),
    "新城社区": (0.93, 0.22),
}
RIVER_PENALTY_M = 800.0
CELL_M = 360.0
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Village:
    """A village or community; code has 12 digits, `grids` are its tiles in numbering order."""

    code: str
    name: str
    township: str
    polygon: Polygon
    grids: tuple[Polygon, ...]
    households: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Faces:
    polygons: NDArray[np.object_]
    middles: Points
    is_block: NDArray[np.bool_]
    town: Labels


def village_table() -> list[tuple[str, str, str]]:
    """(code, name, township) of all villages, communities first, in code order."""
    rows = []
    for township in TOWNSHIPS:
        head = "699901" + township.serial
        # GB/T 10114: 居委会 from 001, 村委会 from 200.
        names = [(f"{k:03d}", n) for k, n in enumerate(township.communities, 1)]
        names += [(str(200 + k), n) for k, n in enumerate(township.villages)]
        rows += [(head + serial, name, township.name) for serial, name in names]
    return rows


def lay_villages(land: Land, towns: tuple[Town, ...], hamlets: tuple[Hamlet, ...]) -> list[Village]:
    """All 28 villages with their grids; together they tile the outline exactly."""
    table = village_table()
    faces = _faces(land, towns)
    pairs = neighbours(faces.polygons)
    village = connected(_village_of(faces, land, hamlets, table), pairs, faces.polygons)
    weight = _weights(faces, hamlets)
    grid = _grid_of(faces, village, weight, pairs)
    hulls = shapely.union_all([t.hull for t in towns])
    tiles = smoothed_tiles(faces.polygons, grid, land.outline, hulls)
    return _assembled(table, tiles, grid, village, weight)


def _faces(land: Land, towns: tuple[Town, ...]) -> _Faces:
    """Small cells: town blocks inside the towns, rough Voronoi cells outside, cut by the river."""
    rng = rng_for(50)
    left, bottom, right, top = land.outline.bounds
    x, y = np.meshgrid(np.arange(left, right, CELL_M), np.arange(bottom, top, CELL_M))
    seeds = np.column_stack([x.ravel(), y.ravel()]) + rng.uniform(-170, 170, (x.size, 2))
    web = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=land.outline, only_edges=True)
    hulls = shapely.union_all([t.hull for t in towns])
    lines = [web, LineString(land.river)]
    open_country = [shapely.intersection(g, land.outline).difference(hulls) for g in lines]
    blocks = [b.polygon.exterior for t in towns for b in t.blocks]
    noded = shapely.union_all([*open_country, land.outline.exterior, *blocks], grid_size=0.01)
    polygons = np.array(shapely.get_parts(shapely.polygonize([noded])), dtype=object)
    inside = shapely.contains(land.outline, shapely.point_on_surface(polygons))
    polygons = polygons[inside]
    middles = shapely.get_coordinates(shapely.point_on_surface(polygons))
    order = np.lexsort((middles[:, 0], middles[:, 1]))
    polygons, middles = polygons[order], middles[order]
    points = shapely.points(middles)
    town = np.full(len(polygons), -1)
    for k, t in enumerate(towns):
        town[shapely.contains(t.hull, points)] = k
    return _Faces(polygons, middles, town >= 0, town)


def _village_of(
    faces: _Faces, land: Land, hamlets: tuple[Hamlet, ...], table: list[tuple[str, str, str]]
) -> Labels:
    """Index into `table` per face: blocks by community, open country by the nearest hamlet."""
    name_at = {name: k for k, (_, name, _) in enumerate(table)}
    result = np.full(len(faces.polygons), -1)
    result[faces.town == 0] = _seat_labels(faces.middles[faces.town == 0], name_at)
    for k, township in enumerate((t for t in TOWNSHIPS if t.name != "云溪镇"), start=1):
        result[faces.town == k] = name_at[township.communities[-1]]
    at = np.array([h.at for h in hamlets])
    anchors = np.vstack([at, faces.middles[faces.is_block]])
    labels = np.concatenate([_hamlet_labels(at, land, name_at), result[faces.is_block]])
    handicap = np.concatenate([np.zeros(len(at)), np.full(int(faces.is_block.sum()), 450.0)])
    cost = _distances(faces.middles, anchors) + handicap
    cost += RIVER_PENALTY_M * (_is_north(faces.middles, land)[:, None] != _is_north(anchors, land))
    result[~faces.is_block] = labels[cost.argmin(axis=1)][~faces.is_block]
    return result


def _seat_labels(middles: Points, name_at: dict[str, int]) -> Labels:
    low, high = middles.min(axis=0), middles.max(axis=0)
    seeds = np.array(list(SEAT_COMMUNITIES.values())) * (high - low) + low
    names = np.array([name_at[n] for n in SEAT_COMMUNITIES])
    result: Labels = names[_distances(middles, seeds).argmin(axis=1)]
    return result


def _hamlet_labels(at: Points, land: Land, name_at: dict[str, int]) -> Labels:
    """Township by distance to its centre and side of the river, then villages by k-means."""
    centres = np.array([t.centre for t in TOWNSHIPS])
    cost = _distances(at, centres)
    # 明溪街道 reaches from its park to the county town's eastern communities without a break.
    cost[:, 0] = np.minimum(cost[:, 0], _distances(at, np.array([[3300.0, 500.0]]))[:, 0] * 0.9)
    cost += 2 * RIVER_PENALTY_M * (_is_north(at, land)[:, None] != _is_north(centres, land))
    # The county town's own land stays small: its people live in the streets.
    township = (cost * np.array([1.0, 1.25, 1.0, 0.95, 1.0])).argmin(axis=1)
    labels = np.full(len(at), -1)
    for k, entry in enumerate(TOWNSHIPS):
        mine = np.flatnonzero(township == k)
        part = parted(at[mine], np.ones(mine.size), len(entry.villages), rng_for(60 + k))
        labels[mine] = np.array([name_at[n] for n in entry.villages])[part]
    return labels


def _weights(faces: _Faces, hamlets: tuple[Hamlet, ...]) -> NDArray[np.float64]:
    """How much a face counts when people are shared out: blocks and hamlets, hardly the fields."""
    far = _distances(faces.middles, np.array([h.at for h in hamlets])).min(axis=1)
    lived = 0.3 + 18 * np.exp(-((far / 330.0) ** 2)) + 40.0 * faces.is_block
    result: NDArray[np.float64] = shapely.area(faces.polygons) * lived
    return result


def _grid_of(
    faces: _Faces, village: Labels, weight: NDArray[np.float64], pairs: NDArray[np.int64]
) -> Labels:
    """One label per face; labels count up through the villages."""
    grid = np.full(len(village), -1)
    start = 0
    for v in range(int(village.max()) + 1):
        mine = np.flatnonzero(village == v)
        is_town = faces.is_block[mine].sum()
        count = 7 if is_town > 12 else 5 if is_town else 4
        part = parted(faces.middles[mine], weight[mine], count, rng_for(100 + v))
        inside = np.isin(pairs, mine).all(axis=1)
        local = np.searchsorted(mine, pairs[inside])
        grid[mine] = start + connected(part, local, faces.polygons[mine])
        start += count
    return grid


def _assembled(
    table: list[tuple[str, str, str]],
    tiles: dict[int, Polygon],
    grid: Labels,
    village: Labels,
    weight: NDArray[np.float64],
) -> list[Village]:
    rng = rng_for(51)
    result = []
    for v, (code, name, township) in enumerate(table):
        labels = _numbered(np.unique(grid[village == v]), tiles)
        lived = np.array([weight[grid == g].sum() for g in labels])
        # A usual grid holds 300-500 households; crowded ones hold more.
        households = 400 * (lived / lived.mean()) ** 0.3 + rng.normal(0, 18, len(labels))
        polygons = tuple(tiles[g] for g in labels)
        outline = merged_tiles(polygons)
        counts = tuple(int(h) for h in households.clip(303, 497))
        result.append(Village(code, name, township, outline, polygons, counts))
    return result


def _numbered(labels: Labels, tiles: dict[int, Polygon]) -> list[int]:
    """North to south in bands, west to east within a band."""
    at = {int(g): tiles[int(g)].centroid for g in labels}
    from_north = sorted(at, key=lambda g: -at[g].y)
    size = int(np.ceil(np.sqrt(len(from_north))))
    bands = [from_north[k : k + size] for k in range(0, len(from_north), size)]
    return [g for band in bands for g in sorted(band, key=lambda g: at[g].x)]


def _distances(a: Points, b: Points) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.hypot(
        a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]
    )
    return result


def _is_north(at: Points, land: Land) -> NDArray[np.bool_]:
    north = Polygon([*land.river.coords, (20000, 20000), (-20000, 20000)])
    return np.atleast_1d(shapely.contains(north.buffer(0), shapely.points(at)))
