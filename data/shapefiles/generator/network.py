"""Roads between towns and hamlets: a national road, county roads, and a tree of village roads."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from shapely import LineString, MultiPoint

from .curves import Points, fractal, rng_for, rounded
from .land import Land
from .settlements import Hamlet
from .towns import Town

Edge: TypeAlias = tuple[int, int]
HALF_WIDTH_M = {"国道": 9.0, "县道": 6.0, "乡道": 4.0, "街道": 12.0, "巷道": 4.5, "村巷": 3.0}
NATIONAL = "G999国道"


@dataclass(frozen=True, slots=True)
class Road:
    """One named road; grade is 国道, 县道, 乡道, 街道 or 巷道."""

    name: str
    grade: str
    line: LineString
    half_width_m: float


@dataclass(frozen=True, slots=True)
class Graph:
    """Candidate links: `at` shape (n, 2); the first `hamlets` points are hamlets, then gates."""

    at: Points
    links: dict[Edge, float]
    town_of: dict[int, int]
    national: tuple[int, ...]


def lay_roads(land: Land, towns: tuple[Town, ...], hamlets: tuple[Hamlet, ...]) -> list[Road]:
    """All roads of the county, streets and lanes included."""
    national = _national_line(land)
    graph = _graph(land, towns, hamlets, national)
    county = _county_routes(graph, towns)
    used = {edge for _, edges in county for edge in edges}
    village = _spanning_edges(graph, used)
    bends = _bends(graph, used | village)
    roads = [Road(NATIONAL, "国道", _clip(national, land), HALF_WIDTH_M["国道"])]
    for name, edges in county:
        roads += [Road(name, "县道", line, 6.0) for line in _merged(edges, bends)]
    numbered = sorted(village - used)
    roads += [Road(f"Y{k:03d}乡道", "乡道", bends[e], 4.0) for k, e in enumerate(numbered, 1)]
    return roads + _streets(towns) + _hamlet_lanes(hamlets)


def _national_line(land: Land) -> LineString:
    rng = rng_for(40)
    stops = [(-16500, 900), (-9000, 2100), (-4200, 1900), (0, 1950), (3600, 2150), (8800, 4600)]
    bends = fractal(np.array([*stops, (17500, 6200)], dtype=float), rng, roughness=0.05, step_m=900)
    return LineString(rounded(bends, 3))


def _clip(line: LineString, land: Land) -> LineString:
    inside = shapely.get_parts(shapely.intersection(line, land.outline))
    longest: LineString = max(inside, key=lambda part: part.length)
    return longest


def _graph(
    land: Land, towns: tuple[Town, ...], hamlets: tuple[Hamlet, ...], national: LineString
) -> Graph:
    points = [h.at for h in hamlets]
    town_of: dict[int, int] = {}
    for k, town in enumerate(towns):
        for gate in _gates(town):
            town_of[len(points)] = k
            points.append(gate)
    inside = _clip(national, land)
    stops = [inside.interpolate(s) for s in np.arange(300, inside.length, 900)]
    first = len(points)
    points += [(p.x, p.y) for p in stops]
    at = np.round(np.array(points), 2)
    links = _links(at, land, towns, town_of)
    return Graph(at, links, town_of, tuple(range(first, len(points))))


def _gates(town: Town) -> list[tuple[float, float]]:
    """Where main streets leave the lattice."""
    ends = []
    for street in town.streets:
        if street.is_main:
            pieces = [shapely.get_coordinates(p) for p in street.pieces()]
            ends += [tuple(pieces[0][0]), tuple(pieces[-1][-1])]
    return sorted(set(ends))


def _links(
    at: Points, land: Land, towns: tuple[Town, ...], town_of: dict[int, int]
) -> dict[Edge, float]:
    """Delaunay edges outside the towns, weighted by length; bridges are dear."""
    index = {tuple(p): k for k, p in enumerate(at)}
    edges = shapely.get_parts(shapely.delaunay_triangles(MultiPoint(at), only_edges=True))
    towns_inside = shapely.union_all([t.hull.buffer(-3) for t in towns])
    shapely.prepare(towns_inside)
    links: dict[Edge, float] = {}
    for edge in edges:
        (a, b) = sorted(index[tuple(p)] for p in shapely.get_coordinates(edge))
        same_town = a in town_of and town_of.get(a) == town_of.get(b)
        if same_town or not land.outline.contains(edge) or edge.intersects(towns_inside):
            continue
        links[a, b] = edge.length + (1500.0 if edge.intersects(land.water) else 0.0)
    return links


def _county_routes(graph: Graph, towns: tuple[Town, ...]) -> list[tuple[str, list[Edge]]]:
    """Cheapest ways from the county town to each centre, and between neighbouring centres."""
    pairs = [(0, 1, "X901云明线"), (0, 2, "X902云柳线"), (0, 3, "X903云青线"), (0, 4, "X904云白线")]
    pairs += [
        (1, 3, "X905明青线"),
        (2, 4, "X906柳白线"),
        (2, 3, "X907柳青线"),
        (1, 4, "X908明白线"),
    ]
    routes, taken = [], set()
    for start, end, name in pairs:
        edges = [e for e in _cheapest(graph, start, end) if e not in taken]
        taken |= set(edges)
        routes.append((name, edges))
    return routes


def _cheapest(graph: Graph, start: int, end: int) -> list[Edge]:
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for (a, b), cost in graph.links.items():
        near[a].append((b, cost))
        near[b].append((a, cost))
    gates = [n for n, town in graph.town_of.items() if town == start]
    queue = [(0.0, g, -1) for g in gates]
    came: dict[int, int] = {}
    while queue:
        cost, node, before = heapq.heappop(queue)
        if node in came:
            continue
        came[node] = before
        if graph.town_of.get(node) == end:
            return _walk_back(came, node)
        for other, step in near[node]:
            heapq.heappush(queue, (cost + step, other, node))
    raise ValueError(f"towns {start} and {end} are not linked")


def _walk_back(came: dict[int, int], node: int) -> list[Edge]:
    edges = []
    while came[node] >= 0:
        before = came[node]
        edges.append((min(node, before), max(node, before)))
        node = before
    return edges


def _spanning_edges(graph: Graph, used: set[Edge]) -> set[Edge]:
    """Kruskal's tree over what county and national roads already join, and some short cuts."""
    group = list(range(len(graph.at)))

    def find(n: int) -> int:
        while group[n] != n:
            group[n] = group[group[n]]
            n = group[n]
        return n

    joined = [
        (a, b) for a in graph.town_of for b in graph.town_of if graph.town_of[a] == graph.town_of[b]
    ]
    joined += list(zip(graph.national, graph.national[1:], strict=False)) + sorted(used)
    for a, b in joined:
        group[find(a)] = find(b)
    rng = rng_for(41)
    chosen: set[Edge] = set()
    for edge in sorted(graph.links, key=lambda e: (graph.links[e], e)):
        a, b = find(edge[0]), find(edge[1])
        both_national = set(edge) <= set(graph.national)
        if a != b or (not both_national and graph.links[edge] < 1900 and rng.random() < 0.16):
            chosen.add(edge)
            group[a] = b
    return chosen


def _bends(graph: Graph, edges: set[Edge]) -> dict[Edge, LineString]:
    rng = rng_for(42)
    bends = {}
    for a, b in sorted(edges):
        rough = fractal(graph.at[[a, b]], rng, roughness=0.07, step_m=320)
        bends[a, b] = LineString(rounded(rough, 2))
    return bends


def _merged(edges: list[Edge], bends: dict[Edge, LineString]) -> list[LineString]:
    if not edges:
        return []
    merged = shapely.line_merge(shapely.union_all([bends[e] for e in edges]))
    return sorted(shapely.get_parts(merged), key=lambda g: -g.length)


def _streets(towns: tuple[Town, ...]) -> list[Road]:
    return [
        Road(street.name, "街道" if street.is_main else "巷道", piece, street.half_width_m)
        for town in towns
        for street in town.streets
        for piece in street.pieces()
    ]


def _hamlet_lanes(hamlets: tuple[Hamlet, ...]) -> list[Road]:
    return [Road("", "巷道", lane, HALF_WIDTH_M["村巷"]) for h in hamlets for lane in h.lanes]
