"""What coverage is counted for: grids, divisions without grids, key places; with their roads.

Held in memory per process in the metres of one frame, and read anew when a layer has changed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.coverage import Shapes, Subjects
from gis.footprints import footprints
from gis.frame import LocalFrame
from gis.obstacles import Obstacles

from ..db import begin
from ..divisions.codes import span
from ..holding import Holding
from ..settings import load
from .summing import Land, chosen_sets

FRONTAGE_M = 10.0
"""Ground before the walls of a key place that is known by its building alone."""

_LAYERS = ("divisions", "grids", "places", "roads", "buildings")
_VERSION = text(
    "SELECT string_agg(gridlink_layer_version(layer), '/' ORDER BY layer)"
    " FROM unnest(CAST(:layers AS text[])) layer"
)
_GRIDS = text(
    "SELECT id, code, name, kind, set_name, division_code, coalesce(households, 0) AS households,"
    " ST_AsBinary(geom) AS shape FROM grids WHERE valid_to IS NULL ORDER BY id"
)
_DIVISIONS = text(
    "SELECT code, name, parent_code, ST_AsBinary(geom) AS shape FROM divisions"
    " WHERE valid_to IS NULL ORDER BY code"
)
_PLACES = text(
    "SELECT id, code, name, weight, division_code, ST_AsBinary(outline) AS outline,"
    " ST_AsBinary(geom) AS shape FROM places WHERE is_key ORDER BY id"
)
_ROADS = text("SELECT road_class, ST_AsBinary(geom) AS shape FROM roads ORDER BY id")

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Held:
    """Subjects along the first axis; `shapes` are in metres of `frame`."""

    version: str
    frame: LocalFrame
    kinds: NDArray[np.str_]
    ids: Ints
    codes: tuple[str | None, ...]
    names: tuple[str, ...]
    division_code: Ints
    households: Ints
    weights: NDArray[np.float64]
    """Of key places; 1 for others."""
    is_summed: NDArray[np.bool_]
    """Whether a subject enters the sums of its divisions: no ground enters twice."""
    shapes: Subjects
    road_shapes: Shapes
    road_classes: NDArray[np.str_]
    known_divisions: Ints
    """All divisions in force, of which sums are kept."""
    built: Shapes
    """All footprints of buildings."""
    built_tree: shapely.STRtree
    area_tree: shapely.STRtree
    """Over `shapes.areas`."""

    def __len__(self) -> int:
        return len(self.ids)

    def built_in(self, rows: NDArray[np.intp]) -> Shapes:
        """Return the footprints that touch some subjects."""
        found = self.built_tree.query(self.shapes.areas[rows], predicate="intersects")[1]
        return np.asarray(self.built[np.unique(found)], dtype=object)

    def only(self, rows: NDArray[np.intp]) -> Subjects:
        """Return the shapes of some subjects."""
        chosen = self.shapes
        return Subjects(chosen.areas[rows], chosen.roads[rows], chosen.outlines[rows])


_held = Holding[Held]()


def current(session: Session, frame: LocalFrame, obstacles: Obstacles) -> Held:
    """Return all subjects as the database has them now, in `frame`; `obstacles` likewise.

    The reading has the owner's eyes, because all callers of a process share the result.
    """
    version = session.scalar(_VERSION, {"layers": list(_LAYERS)}) or ""

    def renew(last: Held | None) -> Held:
        if last is not None and last.version == version and last.frame == frame:
            return last
        with begin() as owner:
            return _read(owner, version, frame, obstacles)

    return _held.renewed(renew)


def _read(session: Session, version: str, frame: LocalFrame, obstacles: Obstacles) -> Held:
    grids = session.execute(_GRIDS).mappings().all()
    divisions = session.execute(_DIVISIONS).mappings().all()
    places = session.execute(_PLACES).mappings().all()
    land = Land(
        grid_sets=[row["set_name"] for row in grids],
        grid_kinds=[row["kind"] for row in grids],
        grid_divisions=[row["division_code"] for row in grids],
        grid_areas=shapely.area(_metric(frame, [row["shape"] for row in grids])).tolist(),
    )
    bare = _without_grids(divisions, land.grid_divisions)
    spots = _metric(frame, [row["shape"] for row in places])
    stated = _metric(frame, [row["outline"] for row in places])
    built = _sound(footprints(obstacles, np.arange(len(obstacles))))
    built_tree = shapely.STRtree(built)
    place_areas, place_outlines = _surroundings(spots, stated, (built, built_tree))
    land_areas = [_metric(frame, [row["shape"] for row in some]) for some in (grids, bare)]
    areas = _sound(np.concatenate([*land_areas, place_areas]))
    roads = session.execute(_ROADS).mappings().all()
    road_shapes = _metric(frame, [row["shape"] for row in roads])
    count = len(grids) + len(bare)
    outlines = np.concatenate([_lines_in(areas[:count], place_outlines), place_outlines])
    rows = [*grids, *bare, *places]
    return Held(
        version=version,
        frame=frame,
        kinds=np.array(
            ["grid"] * len(grids) + ["division"] * len(bare) + ["place"] * len(places),
            dtype=np.str_,
        ),
        ids=np.array([row.get("id", row["code"]) for row in rows], dtype=np.int64),
        codes=tuple(None if row["code"] is None else str(row["code"]) for row in rows),
        names=tuple(row["name"] for row in rows),
        division_code=np.array(
            [row.get("division_code", row["code"]) for row in rows], dtype=np.int64
        ),
        households=np.array([row.get("households", 0) for row in rows], dtype=np.int64),
        weights=np.array([row.get("weight", 1.0) for row in rows], dtype=np.float64),
        is_summed=np.array([*chosen_sets(land), *[True] * len(bare), *[False] * len(places)]),
        shapes=Subjects(areas, _lines_in(areas, road_shapes), outlines),
        road_shapes=road_shapes,
        road_classes=np.array([row["road_class"] for row in roads], dtype=np.str_),
        known_divisions=np.array([row["code"] for row in divisions], dtype=np.int64),
        built=built,
        built_tree=built_tree,
        area_tree=shapely.STRtree(areas),
    )


def _metric(frame: LocalFrame, wkb: list[bytes | None]) -> Shapes:
    """Return shapes in metres; None where there is none."""
    shapes = np.empty(len(wkb), dtype=object)
    if not wkb:
        return shapes
    shapes[:] = shapely.from_wkb(wkb)
    return frame.geometry_to_metric(shapes)


def _sound(shapes: Shapes) -> Shapes:
    """Return polygons without borders through themselves; a mended one keeps its ground."""
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    shapes = shapes.copy()
    for row in broken:
        parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(shapes[row])))
        is_ground = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
        shapes[row] = shapely.multipolygons(parts[is_ground])
    return shapes


def _without_grids(divisions: Any, grid_divisions: list[int]) -> list[Any]:
    """Return the lowest divisions that no grid lies in: they are measured by their own outline."""
    parents = {row["parent_code"] for row in divisions}
    taken = np.sort(np.array(grid_divisions, dtype=np.int64))

    def has_grid(code: int) -> bool:
        low, high = span(code)
        return bool(np.searchsorted(taken, low) < np.searchsorted(taken, high, side="right"))

    return [row for row in divisions if row["code"] not in parents and not has_grid(row["code"])]


def _surroundings(
    spots: Shapes, stated: Shapes, buildings: tuple[Shapes, shapely.STRtree]
) -> tuple[Shapes, Shapes]:
    """Return the ground of each key place and the outline to look at, by the best that is known.

    Its own outline; else the building it stands in, with the ground before it; else a circle.
    """
    radius_m = load().coverage.place_radius_m
    areas = np.asarray(shapely.buffer(spots, radius_m), dtype=object)
    outlines = np.full(len(spots), shapely.LineString(), dtype=object)
    built, tree = buildings
    place, building = tree.query(spots, predicate="covered_by")
    areas[place] = shapely.buffer(built[building], FRONTAGE_M)
    outlines[place] = shapely.boundary(built[building])
    known = np.flatnonzero([shape is not None for shape in stated])
    areas[known] = stated[known]
    outlines[known] = shapely.boundary(stated[known])
    return areas, outlines


def _lines_in(areas: Shapes, lines: Shapes) -> Shapes:
    """Return what of the lines lies in each area, one MultiLineString each."""
    inside = np.full(len(areas), shapely.MultiLineString(), dtype=object)
    if not len(lines) or not len(areas):
        return inside
    area, line = shapely.STRtree(lines).query(areas, predicate="intersects")
    pieces, owner = shapely.get_parts(
        shapely.intersection(lines[line], areas[area]), return_index=True
    )
    # An overlay may give a collection of lines and the points where a border was touched.
    pieces, deeper = shapely.get_parts(pieces, return_index=True)
    is_line = shapely.get_type_id(pieces) == shapely.GeometryType.LINESTRING
    owners = area[owner[deeper[is_line]]]
    pieces = pieces[is_line]
    order = np.argsort(owners, kind="stable")
    found, first = np.unique(owners[order], return_index=True)
    for index, parts in zip(found, np.split(pieces[order], first[1:]), strict=False):
        inside[index] = shapely.multilinestrings(parts)
    return inside
