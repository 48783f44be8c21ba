"""What each camera alone sees, worked out from the ground that exactly one camera sees."""

import json
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.gapweights import GroundFacts, ground_worth

from ..landing import copy_rows
from .bands import MAP_PX_PER_M
from .counting import reaching
from .dirty import Work
from .facts import WEIGHTS, place_names
from .grounds import Held as Cameras
from .subjects import Held as Land

Ints = NDArray[np.int64]
Rows = NDArray[np.intp]
Shapes = NDArray[np.object_]

CHUNK = 500
"""Cameras worked out together."""

# Only grids that enter sums: of two sets over one land, ground would be lost twice.
_ONE = text(
    "SELECT grid_id, ST_AsBinary(geom) FROM coverage_grounds"
    " WHERE reading = :reading AND part = 'one' AND px_per_m = :px AND grid_id = ANY(:ids)"
    " ORDER BY grid_id"
)
_FORGET = text("DELETE FROM camera_losses WHERE reading = :reading AND camera_id = ANY(:ids)")
_COPY = text(
    "INSERT INTO camera_losses (camera_id, division_code, reading, px_per_m, seen_m2, sole_m2,"
    " sole_road_m, sole_weight, sole_places) SELECT camera_id, division_code, 'now', px_per_m,"
    " seen_m2, sole_m2, sole_road_m, sole_weight, sole_places FROM camera_losses"
    " WHERE reading = 'installed' AND camera_id = ANY(:ids)"
)
_COLUMNS = (
    *("camera_id", "division_code", "reading", "px_per_m", "seen_m2", "sole_m2"),
    *("sole_road_m", "sole_weight", "sole_places"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that losses are worked out from."""

    session: Session
    cameras: Cameras
    land: Land
    facts: GroundFacts
    out: Ints


def store_losses(scene: Scene, work: Work) -> None:
    """Replace the losses of all cameras that reach a subject counted anew."""
    for reading, rows in (("installed", work.both), ("now", work.all)):
        ids = reaching(scene.cameras, scene.land, _summed_grids(scene.land, rows))
        scene.session.execute(_FORGET, {"reading": reading, "ids": ids.tolist()})
        if reading == "now":
            missed = _missing_somebody(scene)
            alike = {"ids": np.setdiff1d(ids, missed).tolist()}
            scene.session.execute(_COPY, alike)
            ids = np.intersect1d(ids, missed)
        for first in range(0, len(ids), CHUNK):
            _store_some(scene, reading, ids[first : first + CHUNK])


def _summed_grids(land: Land, rows: Rows) -> Rows:
    chosen: Rows = rows[land.is_summed[rows] & (land.kinds[rows] == "grid")]
    return chosen


def _missing_somebody(scene: Scene) -> Ints:
    """Cameras beside which one does not count now: only they alone see other ground than before."""
    lookout, land = scene.cameras.lookout, scene.land
    chosen = np.flatnonzero(np.isin(lookout.camera_id, scene.out))
    spots = shapely.points(lookout.poses.x[chosen], lookout.poses.y[chosen])
    reach_m = scene.cameras.reach.possible_m[chosen, 0]
    under = np.unique(land.area_tree.query(spots, predicate="dwithin", distance=reach_m)[1])
    return reaching(scene.cameras, land, _summed_grids(land, under))


def _store_some(scene: Scene, reading: str, ids: Ints) -> None:
    seen = scene.cameras.seen(ids)
    if reading == "now":
        seen = seen.without(scene.out)
    if not len(seen.camera_index):
        return
    grids = _grids_under(scene.land, seen.certain[:, 0])
    code_of = dict(
        zip(
            scene.cameras.lookout.camera_id.tolist(),
            scene.cameras.lookout.division_code.tolist(),
            strict=True,
        )
    )
    records = []
    for px_per_m in MAP_PX_PER_M:
        certain = seen.certain[:, seen.px_per_m.index(px_per_m)]
        one = _one_shapes(scene, reading, px_per_m, grids)
        sole = _sole(scene, certain, one)
        for n, camera_id in enumerate(seen.camera_index.tolist()):
            key = (camera_id, code_of[camera_id], reading, px_per_m)
            places = json.dumps(sole.places[n], ensure_ascii=False)
            amounts = (sole.seen_m2[n], sole.sole_m2[n], sole.road_m[n], sole.weight[n])
            records.append((*key, *(float(amount) for amount in amounts), places))
    copy_rows(scene.session, "camera_losses", _COLUMNS, iter(records))


def _grids_under(land: Land, certain: Shapes) -> list[int]:
    found = np.unique(land.area_tree.query(certain, predicate="intersects")[1])
    summed = found[land.is_summed[found] & (land.kinds[found] == "grid")]
    return [int(number) for number in land.ids[summed]]


def _one_shapes(scene: Scene, reading: str, px_per_m: float, grids: list[int]) -> Shapes:
    asked = {"reading": reading, "px": px_per_m, "ids": grids}
    wkb = [row[1] for row in scene.session.execute(_ONE, asked)]
    shapes = np.empty(len(wkb), dtype=object)
    if wkb:
        shapes[:] = shapely.from_wkb(wkb)
    return scene.land.frame.geometry_to_metric(shapes)


@dataclass(frozen=True, slots=True)
class _Sole:
    """Amounts along the cameras."""

    seen_m2: NDArray[np.float64]
    sole_m2: NDArray[np.float64]
    road_m: NDArray[np.float64]
    weight: NDArray[np.float64]
    places: list[list[str]]


def _sole(scene: Scene, certain: Shapes, one: Shapes) -> _Sole:
    """What of the ground seen by one camera each of these cameras sees."""
    count = len(certain)
    camera, pieces = _pieces(certain, one)
    worth = ground_worth(pieces, scene.facts, WEIGHTS)
    names = place_names(scene.land)
    places: list[set[str]] = [set() for _ in range(count)]
    for piece, place in zip(worth.place_piece.tolist(), worth.place.tolist(), strict=True):
        places[camera[piece]].add(names[place])

    def by_camera(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(camera, amounts, minlength=count).astype(np.float64)

    return _Sole(
        seen_m2=shapely.area(certain),
        sole_m2=by_camera(worth.area_m2),
        road_m=by_camera(worth.road_m.sum(axis=1)),
        weight=by_camera(worth.weight),
        places=[sorted(found) for found in places],
    )


def _pieces(certain: Shapes, one: Shapes) -> tuple[Rows, Shapes]:
    """What each camera sees of each grid's ground: rows of `certain`, and MultiPolygons."""
    # Part by part: an overlay with a whole grid's ground walks all its thousands of corners.
    parts, grid = shapely.get_parts(one, return_index=True)
    camera, part = shapely.STRtree(parts).query(certain, predicate="intersects")
    common = shapely.intersection(certain[camera], parts[part])
    polygons, of = shapely.get_parts(common, return_index=True)
    polygons, deeper = shapely.get_parts(polygons, return_index=True)
    of = of[deeper]
    solid = shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON
    polygons, camera, grid = polygons[solid], camera[of[solid]], grid[part[of[solid]]]
    if not len(polygons):
        return np.empty(0, np.intp), np.empty(0, object)
    order = np.lexsort((grid, camera))
    pairs, first = np.unique(np.stack([camera[order], grid[order]]), axis=1, return_index=True)
    pieces = np.empty(len(first), dtype=object)
    pieces[:] = [shapely.multipolygons(some) for some in np.split(polygons[order], first[1:])]
    return pairs[0].astype(np.intp), pieces
