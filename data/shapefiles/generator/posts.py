"""Where cameras may stand: poles at crossings, gates, road posts and village entrances (metres)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point

from .network import Road
from .places import Place, Scene, gate_of
from .towns import Street, Town

Vector: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Post:
    """A spot with the unit vectors of the ways that leave it; `aside_m` clears the carriageway."""

    name: str
    at: tuple[float, float]
    arms: tuple[tuple[float, float], ...]
    aside_m: float


def crossings(town: Town) -> list[Post]:
    """Crossings of main streets, those with most arms first."""
    posts = []
    for i, column in enumerate(town.columns):
        for j, row in enumerate(town.rows):
            arms = _arms(town.nodes[i, j], (column, j), (row, i))
            if column.is_main and row.is_main and len(arms) >= 2:
                x, y = town.nodes[i, j]
                posts.append(Post(f"{column.name}与{row.name}路口", (x, y), arms, 9.6))
    return sorted(posts, key=lambda p: -len(p.arms))


def _arms(node: Vector, *streets: tuple[Street, int]) -> tuple[tuple[float, float], ...]:
    arms = []
    for street, k in streets:
        for other, leg in ((k - 1, k - 1), (k + 1, k)):
            if 0 <= leg < len(street.is_open) and street.is_open[leg]:
                arms.append(_unit(street.path[other] - node))
    return tuple(arms)


def _unit(step: Vector) -> tuple[float, float]:
    x, y = step / np.hypot(*step)
    return float(x), float(y)


def entries(town: Town, roads: list[Road]) -> list[Post]:
    """Where country roads enter a town: one post each, a little outside the lattice."""
    posts = []
    for road in roads:
        if road.grade in ("县道", "乡道", "国道"):
            for end in (0.0, 1.0):
                tip = road.line.interpolate(end, normalized=True)
                if tip.distance(town.hull) < 1.0 and road.line.length > 200:
                    posts.append(_beside(road, f"{road.name}入城口", 70.0 if end == 0 else -70.0))
    return posts


def road_posts(road: Road, *, every_m: float, start_m: float) -> Iterator[Post]:
    """Posts along a country road, named by chainage."""
    for s in np.arange(start_m, road.line.length - 250, every_m):
        kilometres, metres = divmod(round(float(s), -1), 1000)
        yield _beside(road, f"{road.name}K{int(kilometres)}+{int(metres):03d}处", float(s))


def _beside(road: Road, name: str, s: float) -> Post:
    here = road.line.interpolate(s)
    ahead, behind = (_towards(road.line, s, step) for step in (30.0, -30.0))
    return Post(name, (here.x, here.y), (ahead, behind), road.half_width_m + 1.0)


def _towards(line: LineString, s: float, step: float) -> tuple[float, float]:
    s = s if s >= 0 else line.length + s
    a, b = line.interpolate(s), line.interpolate(float(np.clip(s + step, 0, line.length)))
    return _unit(np.array([b.x - a.x, b.y - a.y]))


def gates(scene: Scene) -> list[tuple[str, Post]]:
    """(use, post) of named sites: a pole beside the gate with views along the street."""
    posts = []
    for site in scene.sites:
        if site.name and site.use != "小区":
            gate = gate_of(site, scene.roads)
            streets = [r.line for r in scene.roads if r.name == site.block.address]
            line = min(streets, key=lambda g: g.distance(gate))
            s = line.project(gate)
            here = line.interpolate(s)
            arms = (_towards(line, s, 25.0), _towards(line, s, -25.0))
            away = max(4.0, here.distance(gate) - 1.6)
            posts.append((site.use, Post(f"{site.name}门口", (here.x, here.y), arms, away)))
    return posts


def village_posts(scene: Scene, places: list[Place]) -> list[Post]:
    """Hamlet middles, named by the group, the seat of the village committee first."""
    named = {p.name: p for p in places if p.kind == "自然村"}
    posts = []
    for hamlet in sorted(scene.hamlets, key=lambda h: -h.at[1]):
        middle = hamlet.lanes[0].interpolate(0.5, normalized=True)
        place = min(named.values(), key=lambda p: p.at.distance(middle))
        arms = tuple(
            _towards(hamlet.lanes[0], hamlet.lanes[0].project(middle), s) for s in (25, -25)
        )
        posts.append(
            Post(f"{place.name.removesuffix('组')}组村口", (middle.x, middle.y), arms, 3.2)
        )
    return sorted(posts, key=lambda p: "村一组" not in p.name)


def pole(post: Post, k: int, footprints: shapely.STRtree) -> tuple[Point, tuple[float, float]]:
    """The k-th camera's pole, clear of footprints, and its aim: the street's middle 60 m ahead."""
    arm = post.arms[k % len(post.arms)]
    side = 1.0 if (k // len(post.arms)) % 2 == 0 else -1.0
    for aside in (post.aside_m, post.aside_m * 0.7, post.aside_m * 0.4, 0.8):
        for along in (-post.aside_m, 0.0, -2 * post.aside_m, post.aside_m, -25.0, 25.0, 60.0):
            x = post.at[0] + arm[0] * along * 0.9 - arm[1] * side * aside
            y = post.at[1] + arm[1] * along * 0.9 + arm[0] * side * aside
            spot = Point(round(x, 2), round(y, 2))
            if footprints.query(spot, predicate="dwithin", distance=0.5).size == 0:
                aim = np.array(post.at) + 60 * np.array(arm) - (spot.x, spot.y)
                return spot, _unit(aim)
    raise ValueError(f"no room for a pole at {post.name}")
