"""What a count reads, as tables in the metres of one frame: from PostGIS, or from GeoParquet.

`write_files` puts a whole installation into a folder; `FileSource` reads of it what a partition
needs. Every number is stored as it is in memory, so both sources give the same bits.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.coverage import Shapes, Subjects
from gis.density import PLANNING_PX_PER_M
from gis.footprints import footprints
from gis.frame import LocalFrame
from gis.poses import PoseColumns

from ...basemap.terrain import read_terrain
from ...errors import Refused
from ...holding import Holding
from ...settings import load

FORMAT: Final = 1
_META, _SUBJECTS, _POSES, _BUILDINGS = (
    "coverage.json",
    "subjects.parquet",
    "poses.parquet",
    "buildings.parquet",
)
#: Columns of a pose table, in the order in which they are hashed and stored.
POSE_COLUMNS: Final = tuple(column.name for column in fields(PoseColumns))


#: West, south, east, north in metres of the frame.
Box = tuple[float, float, float, float]


class NotExported(Refused):
    code = "coverage.not_exported"
    zh = "{path} 不是覆盖计算的导出目录，请先运行 gridlink coverage export。"
    en = "{path} holds no export of coverage: run gridlink coverage export first."


@dataclass(frozen=True, slots=True)
class Rule:
    """How a count is made; the same for every partition."""

    frame: LocalFrame
    px_per_m: tuple[float, ...]
    target_height_m: float
    cell_m: float
    longest_range_m: float
    """The halo: no camera farther from a partition can see into it."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Subjects with their keys, poses and buildings; arrays along each table's rows."""

    kinds: NDArray[np.str_]
    ids: NDArray[np.int64]
    division_code: NDArray[np.int64]
    shapes: Subjects
    poses: dict[str, NDArray[Any]]
    works: NDArray[np.bool_]
    """Of each pose: whether its camera counts right now."""
    buildings: Shapes
    height_m: NDArray[np.float64]
    ground_m: NDArray[np.float64]
    building_id: NDArray[np.int64]


class Source(Protocol):
    """Where partitions read. `__reduce__` must be cheap: sources travel to the workers."""

    def rule(self) -> Rule: ...

    def divisions(self) -> NDArray[np.int64]:
        """Return the division of every subject."""
        ...

    def near(self, low: int, high: int) -> Stock:
        """Return the subjects of a range of divisions, and at least all that bears on them."""
        ...


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """Reads the chosen database; a process reads it once and keeps it until it changes."""

    def rule(self) -> Rule:
        return _whole()[0]

    def divisions(self) -> NDArray[np.int64]:
        return _whole()[1].division_code

    def near(self, low: int, high: int) -> Stock:
        return within(_whole()[1], low, high)


@dataclass(frozen=True, slots=True)
class FileSource:
    """Reads a folder of GeoParquet files that every worker can reach."""

    folder: Path

    def rule(self) -> Rule:
        path = self.folder / _META
        if not path.exists():
            raise NotExported(path=str(self.folder))
        meta = json.loads(path.read_text("utf-8"))
        if meta["format"] != FORMAT:
            raise NotExported(path=str(self.folder))
        frame = LocalFrame(meta["frame_lon"], meta["frame_lat"])
        return Rule(
            frame,
            tuple(meta["px_per_m"]),
            meta["target_height_m"],
            meta["cell_m"],
            meta["longest_range_m"],
        )

    def divisions(self) -> NDArray[np.int64]:
        from pyarrow import parquet

        column = parquet.read_table(self.folder / _SUBJECTS, columns=["division_code"])
        return np.asarray(column["division_code"].to_numpy(), dtype=np.int64)

    def near(self, low: int, high: int) -> Stock:
        import geopandas as gpd

        inside = [("division_code", ">=", low), ("division_code", "<=", high)]
        subjects = gpd.read_parquet(self.folder / _SUBJECTS, filters=inside)
        shapes = Subjects(
            subjects.geometry.to_numpy(),
            _unpacked(subjects["roads"]),
            _unpacked(subjects["outlines"]),
        )
        halo = self.rule().longest_range_m
        poses = gpd.read_parquet(self.folder / _POSES, bbox=_grown(shapes.areas, halo))
        # A camera's sector is swept whole, so all that stands in its range is read with it.
        buildings = gpd.read_parquet(
            self.folder / _BUILDINGS, bbox=_grown(shapes.areas, 2.0 * halo)
        )
        return within(
            Stock(
                subjects["kind"].to_numpy(dtype=np.str_),
                subjects["id"].to_numpy(dtype=np.int64),
                subjects["division_code"].to_numpy(dtype=np.int64),
                shapes,
                {name: poses[name].to_numpy() for name in POSE_COLUMNS},
                poses["works"].to_numpy(dtype=bool),
                buildings.geometry.to_numpy(),
                buildings["height_m"].to_numpy(dtype=np.float64),
                buildings["ground_m"].to_numpy(dtype=np.float64),
                buildings["id"].to_numpy(dtype=np.int64),
            ),
            low,
            high,
        )


def within(stock: Stock, low: int, high: int) -> Stock:
    """Return of a stock the subjects of a range of divisions and what bears on them, exactly.

    Poses whose range meets the subjects, in their order; buildings in the range of those poses.
    """
    chosen = np.flatnonzero((stock.division_code >= low) & (stock.division_code <= high))
    shapes = Subjects(
        stock.shapes.areas[chosen], stock.shapes.roads[chosen], stock.shapes.outlines[chosen]
    )
    x, y, reach = (np.asarray(stock.poses[name]) for name in ("x", "y", "range_m"))
    west, south, east, north = _grown(shapes.areas, 0.0)
    dx = np.maximum(np.maximum(west - x, x - east), 0.0)
    dy = np.maximum(np.maximum(south - y, y - north), 0.0)
    posed = np.flatnonzero(np.hypot(dx, dy) <= reach)
    built = _buildings_meeting(stock.buildings, _reach_box(x[posed], y[posed], reach[posed]))
    # Without cameras only the buildings on the subjects themselves matter.
    built = np.union1d(built, _buildings_meeting(stock.buildings, (west, south, east, north)))
    return Stock(
        stock.kinds[chosen],
        stock.ids[chosen],
        stock.division_code[chosen],
        shapes,
        {name: column[posed] for name, column in stock.poses.items()},
        stock.works[posed],
        stock.buildings[built],
        stock.height_m[built],
        stock.ground_m[built],
        stock.building_id[built],
    )


def write_files(folder: Path) -> dict[str, int]:
    """Put all that a count reads from the chosen database into `folder`; see `write_stock`."""
    return write_stock(folder, *_whole())


def write_stock(folder: Path, rule: Rule, stock: Stock) -> dict[str, int]:
    """Put a stock into `folder` as GeoParquet; return how many rows each table has."""
    import geopandas as gpd

    folder.mkdir(parents=True, exist_ok=True)
    crs = rule.frame.crs
    subjects = gpd.GeoDataFrame(
        {
            "kind": stock.kinds.astype(object),
            "id": stock.ids,
            "division_code": stock.division_code,
            "roads": shapely.to_wkb(stock.shapes.roads),
            "outlines": shapely.to_wkb(stock.shapes.outlines),
        },
        geometry=stock.shapes.areas,
        crs=crs,
    )
    points = shapely.points(stock.poses["x"], stock.poses["y"])
    poses = gpd.GeoDataFrame({**stock.poses, "works": stock.works}, geometry=points, crs=crs)
    buildings = gpd.GeoDataFrame(
        {"id": stock.building_id, "height_m": stock.height_m, "ground_m": stock.ground_m},
        geometry=stock.buildings,
        crs=crs,
    )
    for table, name in ((subjects, _SUBJECTS), (poses, _POSES), (buildings, _BUILDINGS)):
        table.to_parquet(
            folder / name, index=False, schema_version="1.1.0", write_covering_bbox=True
        )
    meta = {
        "format": FORMAT,
        "frame_lon": rule.frame.lon,
        "frame_lat": rule.frame.lat,
        "px_per_m": rule.px_per_m,
        "target_height_m": rule.target_height_m,
        "cell_m": rule.cell_m,
        "longest_range_m": rule.longest_range_m,
    }
    (folder / _META).write_text(json.dumps(meta), "utf-8")
    return {"subjects": len(subjects), "poses": len(poses), "buildings": len(buildings)}


_held = Holding[tuple[tuple[Any, ...], tuple[Any, ...], tuple[Rule, Stock]]]()


def _whole() -> tuple[Rule, Stock]:
    """Return everything the chosen database holds, made once for each state of it.

    Every partition asks; the footprints of all buildings are not to be drawn for each.
    """
    from ...cameras import lookout
    from ...cameras.status import out_of_service
    from ...db import begin
    from .. import subjects

    with begin() as session:
        watch, scene = lookout.current(session)
        held = subjects.current(session, scene.frame, scene.obstacles)
        silent = out_of_service(session)
    # The owners hand out the same object until their layer changes; `parts` keeps them alive.
    parts = (watch, scene, held)
    state = (*map(id, parts), silent.tobytes())
    return _held.renewed(
        lambda last: (
            last
            if last is not None and last[0] == state
            else (state, parts, _made(watch, scene, held, silent))
        )
    )[2]


def _made(watch: Any, scene: Any, held: Any, silent: NDArray[np.int64]) -> tuple[Rule, Stock]:
    poses = {name: getattr(watch.poses, name) for name in POSE_COLUMNS}
    rule = Rule(
        scene.frame,
        PLANNING_PX_PER_M,
        load().sight.target_height_m,
        1.0 if scene.terrain is None else 2.0,
        float(watch.poses.range_m.max(initial=0.0)),
    )
    every = np.arange(len(scene.obstacles))
    return rule, Stock(
        held.kinds,
        held.ids,
        held.division_code,
        held.shapes,
        poses,
        ~np.isin(watch.camera_id, silent),
        footprints(scene.obstacles, every),
        scene.obstacles.height_m,
        scene.obstacles.ground_m,
        scene.obstacles.ids,
    )


def terrain_of(rule: Rule) -> Any:
    """Return the ground of this process's settings in the frame of the count, or None."""
    return read_terrain(load().sight.terrain_path, rule.frame)


def _unpacked(column: Any) -> Shapes:
    return np.asarray(shapely.from_wkb(column.to_numpy()), dtype=object)


def _grown(areas: Shapes, by_m: float) -> Box:
    if not len(areas):
        return 0.0, 0.0, 0.0, 0.0
    west, south, east, north = shapely.total_bounds(areas)
    return west - by_m, south - by_m, east + by_m, north + by_m


def _reach_box(x: NDArray[Any], y: NDArray[Any], reach: NDArray[Any]) -> Box:
    if not len(x):
        return np.inf, np.inf, -np.inf, -np.inf
    return (
        float((x - reach).min()),
        float((y - reach).min()),
        float((x + reach).max()),
        float((y + reach).max()),
    )


def _buildings_meeting(buildings: Shapes, box: Box) -> NDArray[np.intp]:
    if not len(buildings):
        return np.empty(0, dtype=np.intp)
    west, south, east, north = shapely.bounds(buildings).T
    meets = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
    return np.flatnonzero(meets)
