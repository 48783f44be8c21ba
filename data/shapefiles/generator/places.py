"""Places of interest and key places (重点部位), each outside any footprint (metres)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Point
from shapely.ops import nearest_points

from .areas import Village
from .buildings import Building
from .curves import rng_for
from .land import Land
from .names import SHOPS, in_words
from .network import NATIONAL, Road
from .settlements import Hamlet
from .sites import Site

PLACES = 600
# kind -> (is key, weight 1-5): what a county would list under key places comes first.
STANDING = {
    "学校": (True, 5),
    "医院": (True, 5),
    "政府机关": (True, 5),
    "车站": (True, 5),
    "水库": (True, 5),
    "市场": (True, 4),
    "加油站": (True, 4),
    "水厂": (True, 5),
    "变电站": (True, 4),
    "养老院": (True, 4),
    "商场超市": (False, 2),
    "公园广场": (True, 3),
    "派出所": (False, 3),
    "桥梁": (False, 3),
    "村委会": (False, 2),
    "卫生室": (False, 2),
    "文化体育": (False, 2),
    "自然村": (False, 1),
}
SITE_KINDS = {"商业": "商场超市", "工业": "企业"}


@dataclass(frozen=True, slots=True)
class Place:
    """A point people know by name; it stands outside any footprint, at the gate or door."""

    name: str
    kind: str
    at: Point
    address: str

    @property
    def standing(self) -> tuple[bool, int]:
        """Whether it is a key place, and its weight."""
        return STANDING.get(self.kind, (False, 1))


@dataclass(frozen=True, slots=True)
class Scene:
    """What is already laid out, for the layers that refer to it."""

    land: Land
    roads: list[Road]
    sites: list[Site]
    hamlets: tuple[Hamlet, ...]
    villages: list[Village]
    buildings: list[Building]

    def village_at(self, at: Point) -> Village:
        """The village that holds a point."""
        return min(self.villages, key=lambda v: v.polygon.distance(at))


def lay_places(scene: Scene) -> list[Place]:
    """PLACES places with unique names, key places first."""
    fixed = [*_at_sites(scene), *_on_the_water(scene), *_along_roads(scene), *_in_villages(scene)]
    footprints = shapely.STRtree([b.polygon for b in scene.buildings])
    fixed = [
        p for p in fixed if footprints.query(p.at, predicate="dwithin", distance=0.3).size == 0
    ]
    return _unique([*fixed, *_shops(scene, 3 * PLACES)])[:PLACES]


def gate_of(site: Site, roads: list[Road]) -> Point:
    """Where the site meets the street it is addressed by."""
    streets = [r.line for r in roads if r.name == site.block.address]
    street = min(streets, key=lambda line: line.distance(site.block.polygon))
    middle = street.interpolate(street.project(site.block.polygon.centroid))
    gate: Point = nearest_points(site.block.free, middle)[0]
    return gate


def _at_sites(scene: Scene) -> Iterator[Place]:
    for site in scene.sites:
        if site.name and site.use != "小区":
            kind = SITE_KINDS.get(site.use, site.use)
            gate = gate_of(site, scene.roads)
            address = f"云溪县{scene.village_at(gate).township}{site.block.address}"
            yield Place(site.name, kind, gate, address)


def _on_the_water(scene: Scene) -> Iterator[Place]:
    lake, river = scene.land.reservoir, scene.land.river
    dam = max(lake.exterior.coords, key=lambda p: p[1])
    yield Place("青石水库大坝", "水库", Point(dam[0], dam[1] + 6), "云溪县青石镇坝下村")
    yield Place("青石水库管理站", "水库", Point(dam[0] + 140, dam[1] + 40), "云溪县青石镇坝下村")
    seen: dict[str, int] = {}
    for road in scene.roads:
        crossed = [g for g in shapely.get_parts(road.line.intersection(river)) if not g.is_empty]
        for side in shapely.centroid(crossed):
            seen[road.name] = seen.get(road.name, 0) + 1
            name = f"{road.name}云溪河{in_words(seen[road.name])}号桥"
            yield Place(name, "桥梁", side, f"云溪县{scene.village_at(side).township}{road.name}")


def _along_roads(scene: Scene) -> Iterator[Place]:
    rng = rng_for(90)
    long = [r for r in scene.roads if r.grade in ("国道", "县道") and r.line.length > 2500]
    labels = ["加油站"] * 11 + ["变电站"] * 3 + ["水厂"] * 2
    for k, kind in enumerate(labels):
        road = long[k % len(long)] if k else next(r for r in long if r.name == NATIONAL)
        s = float(rng.uniform(0.12, 0.88)) * road.line.length
        a, b = road.line.interpolate(s), road.line.interpolate(s + 5)
        off = road.half_width_m + 12
        at = Point(a.x - (b.y - a.y) / 5 * off, a.y + (b.x - a.x) / 5 * off)
        village = scene.village_at(at)
        stem = village.name.removesuffix("社区").removesuffix("村")
        name = f"{stem}{'110千伏' if kind == '变电站' else '供' if kind == '水厂' else ''}{kind}"
        yield Place(name, kind, at, f"云溪县{village.township}{road.name}")


def _in_villages(scene: Scene) -> Iterator[Place]:
    count: dict[str, int] = {}
    for hamlet in sorted(scene.hamlets, key=lambda h: -h.at[1]):
        village = scene.village_at(Point(hamlet.at))
        order = count[village.code] = count.get(village.code, 0) + 1
        where = f"云溪县{village.township}{village.name}"
        lane = hamlet.lanes[0]
        along = [lane.interpolate(t, normalized=True) for t in (0.5, 0.62, 0.3, 0.8)]
        yield Place(f"{village.name}{in_words(order)}组", "自然村", along[0], where)
        if order == 1:
            yield Place(f"{village.name}村民委员会", "村委会", along[1], where)
            yield Place(f"{village.name}卫生室", "卫生室", along[2], where)
        if order == 2:
            yield Place(f"{village.name}文化广场", "文化体育", along[1], where)
        if order == 3:
            yield Place(f"{village.name}小学", "学校", along[3], where)
    for village in scene.villages:
        if village.name.endswith("社区"):
            at = _by_a_street(scene, village)
            yield Place(
                f"{village.name}居民委员会", "村委会", at, f"云溪县{village.township}{village.name}"
            )


def _by_a_street(scene: Scene, village: Village) -> Point:
    lanes = [r for r in scene.roads if r.grade == "街道" and r.line.intersects(village.polygon)]
    middle = village.polygon.point_on_surface()
    road = min(lanes, key=lambda r: r.line.distance(middle))
    inside = shapely.get_parts(road.line.intersection(village.polygon))
    at: Point = max(inside, key=lambda g: g.length).interpolate(0.45, normalized=True)
    return at


def _shops(scene: Scene, count: int) -> Iterator[Place]:
    """Doors on main streets, drawn without favour over all towns."""
    rng = rng_for(91)
    streets = [r for r in scene.roads if r.grade == "街道"]
    tree = shapely.STRtree([r.line for r in streets])
    polygons = np.array([b.polygon for b in scene.buildings], dtype=object)
    fronts, nearest = tree.query(polygons, predicate="dwithin", distance=22)
    kinds = list(SHOPS)
    for k in rng.permutation(len(fronts))[:count]:
        street, footprint = streets[int(nearest[k])], polygons[fronts[k]]
        door, kerb = nearest_points(footprint, street.line)
        step = 1.2 / door.distance(kerb)
        at = Point(door.x + (kerb.x - door.x) * step, door.y + (kerb.y - door.y) * step)
        kind = kinds[int(rng.integers(len(kinds)))]
        name = SHOPS[kind][int(rng.integers(len(SHOPS[kind])))]
        number = int(street.line.project(door) // 8) + 1
        township = scene.village_at(at).township
        yield Place(f"{street.name}{name}", kind, at, f"云溪县{township}{street.name}{number}号")


def _unique(places: list[Place]) -> list[Place]:
    first: dict[str, Place] = {}
    for place in places:
        first.setdefault(place.name, place)
    return sorted(first.values(), key=lambda p: p.kind not in STANDING)
