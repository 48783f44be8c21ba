"""A province's count on two Dask workers: the bits of the embedded count, and how well they share.

10,000 cameras, 400 grids in 20 townships, from GeoParquet files; workers started and warmed first.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import shapely
from city import City, make_city
from distributed import LocalCluster

from backend.coverage.spread.sharing import spread
from backend.coverage.spread.stock import FileSource, Rule, Stock, write_stock
from gis.coverage import Subjects
from gis.density import PLANNING_PX_PER_M
from gis.frame import LocalFrame
from gis.poses import PoseColumns, build_poses

SIDE_M, PER_ROW, TOWNSHIPS = 10_000.0, 20, 20
EFFICIENCY_FLOOR = 1.3


def main() -> bool:
    """Print seconds and ratios; False if bits differ or the workers hardly share."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rule, stock = _stock(make_city())
        write_stock(root / "export", rule, stock)
        source = FileSource(root / "export")
        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster:
            address = cluster.scheduler_address
            spread(source, root / "warm", scheduler=address)
            shared, shared_s = _timed(source, root / "shared", scheduler=address)
        embedded, embedded_s = _timed(source, root / "embedded")
        one, one_s = _timed_alone(source, root / "alone")
    same = shared == embedded == one
    ratio = one_s / shared_s
    print(f"one after another {one_s:.2f} s, two threads {embedded_s:.2f} s")
    print(f"two Dask workers  {shared_s:.2f} s: {ratio:.2f}x of one (floor {EFFICIENCY_FLOOR}x)")
    print(f"figures bit for bit the same: {same} ({len(shared):,} rows)")
    return same and ratio >= EFFICIENCY_FLOOR


def _timed(source: FileSource, counts: Path, **extra):
    start = time.perf_counter()
    rows = spread(source, counts, **extra)
    return rows, time.perf_counter() - start


def _timed_alone(source: FileSource, counts: Path):
    from backend.coverage.spread.partitions import count_part, rows_of, townships_of

    start = time.perf_counter()
    rows = []
    for township in townships_of(source):
        part = count_part(source, township, "installed", frozenset())
        rows += rows_of(part, part.figures)
    return rows, time.perf_counter() - start


def _stock(city: City) -> tuple[Rule, Stock]:
    side = SIDE_M / PER_ROW
    col, row = np.meshgrid(np.arange(PER_ROW), np.arange(PER_ROW))
    west, south = col.ravel() * side, row.ravel() * side
    grids = shapely.box(west, south, west + side, south + side)
    none = np.full(len(grids), shapely.LineString(), dtype=object)
    table = build_poses(
        PoseColumns(
            camera_index=np.arange(len(city.x)),
            x=city.x,
            y=city.y,
            height_m=city.camera_height_m,
            azimuth_deg=city.azimuth_deg,
            fov_deg=city.fov_deg,
            range_m=city.range_m,
            width_px=1920.0,
        )
    )
    poses = {name: getattr(table, name) for name in PoseColumns.__slots__}
    rule = Rule(LocalFrame(108.7, 34.0), PLANNING_PX_PER_M, 1.5, 1.0, float(city.range_m.max()))
    # A township is a row of grids, as long as the city is wide.
    township = 610_522_000_000 + 1000 * (1 + row.ravel() * TOWNSHIPS // PER_ROW)
    return rule, Stock(
        np.full(len(grids), "grid"),
        np.arange(len(grids), dtype=np.int64),
        township.astype(np.int64),
        Subjects(grids, none, none),
        poses,
        np.ones(len(city.x), dtype=bool),
        city.polygons,
        city.heights_m,
        np.zeros(len(city.polygons)),
        city.ids,
    )
