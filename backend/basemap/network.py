"""The road network as stored: built from all imported roads, renewed when they have changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.frame import frame_for
from gis.roadgraph import RoadGraph, build_road_graph

from ..jobs import defer
from ..landing import copy_rows
from ..settings import load
from ..spatial import to_hex_ewkb

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('roads.network'))")
_VERSION = text("SELECT gridlink_layer_version('roads')")
_ROADS = text("SELECT id, road_class, ST_AsBinary(geom) FROM roads ORDER BY id")
# Not TRUNCATE: whoever asks for a way meanwhile is answered from the network as it was.
_FORGET = (text("DELETE FROM road_edges"), text("DELETE FROM road_nodes"))
_NOTE = text(
    "INSERT INTO road_networks (roads_version, edges, parts, length_m, main_m)"
    " VALUES (:version, :edges, :parts, :length_m, :main_m)"
    " ON CONFLICT (id) DO UPDATE SET roads_version = excluded.roads_version,"
    " edges = excluded.edges, parts = excluded.parts, length_m = excluded.length_m,"
    " main_m = excluded.main_m, built_at = now()"
)
_IS_OLD = text(
    "SELECT EXISTS (SELECT FROM roads) AND NOT EXISTS (SELECT FROM road_networks"
    " WHERE roads_version = gridlink_layer_version('roads'))"
)
_ANALYZE = text("ANALYZE road_edges")
_EDGE_COLUMNS = (
    *("id", "source", "target", "road_id", "road_class", "length_m", "part", "part_m", "geom"),
)


@dataclass(frozen=True, slots=True)
class Built:
    """What a building of the network came to."""

    roads: int
    edges: int
    nodes: int
    parts: int
    length_m: float
    main_m: float


def ask(session: Session) -> None:
    """Have the network built from the roads as they are, in the caller's transaction."""
    defer(session, "basemap.build_network", key="roads.network")


def is_old(session: Session) -> bool:
    """Return whether roads have changed since the network was built."""
    return bool(session.scalar(_IS_OLD))


def build(session: Session) -> Built:
    """Replace the network by that of all roads, in the caller's transaction."""
    session.execute(_TURN)
    version = session.scalar(_VERSION)
    rows = session.execute(_ROADS).all()
    for statement in _FORGET:
        session.execute(statement)
    graph = _store(session, rows) if rows else None
    session.execute(_ANALYZE)
    built = _built(len(rows), graph)
    session.execute(
        _NOTE,
        {
            "version": version,
            "edges": built.edges,
            "parts": built.parts,
            "length_m": built.length_m,
            "main_m": built.main_m,
        },
    )
    return built


def _store(session: Session, rows: Sequence[Any]) -> RoadGraph:
    ids, classes, wkb = zip(*rows, strict=True)
    roads = np.asarray(shapely.from_wkb(wkb), dtype=object)
    bounds = shapely.bounds(roads)
    frame = frame_for(bounds[:, [0, 2]], bounds[:, [1, 3]])
    graph = build_road_graph(frame.geometry_to_metric(roads), snap_m=load().roads.snap_m)
    lon, lat = frame.to_lonlat(graph.node_xy[:, 0], graph.node_xy[:, 1])
    spots = to_hex_ewkb(np.asarray(shapely.points(lon, lat), dtype=object))
    copy_rows(session, "road_nodes", ("id", "geom"), iter(enumerate(spots)))
    lines = to_hex_ewkb(frame.geometry_to_lonlat(graph.lines))
    copy_rows(session, "road_edges", _EDGE_COLUMNS, _edges(graph, ids, classes, lines))
    return graph


def _edges(
    graph: RoadGraph, ids: tuple[int, ...], classes: tuple[str, ...], lines: list[str]
) -> Iterator[tuple[object, ...]]:
    columns = (graph.source, graph.target, graph.road, graph.length_m, graph.part, graph.part_m)
    rows = zip(*(column.tolist() for column in columns), lines, strict=True)
    for number, (source, target, road, length_m, part, part_m, line) in enumerate(rows):
        own = (ids[road], classes[road])
        yield (number, source, target, *own, length_m, part, part_m, line)


def _built(roads: int, graph: RoadGraph | None) -> Built:
    if graph is None or not len(graph):
        return Built(roads, 0, 0, 0, 0.0, 0.0)
    return Built(
        roads=roads,
        edges=len(graph),
        nodes=len(graph.node_xy),
        parts=int(graph.part.max()) + 1,
        length_m=float(graph.length_m.sum()),
        main_m=float(graph.part_m.max()),
    )
