"""The layers as tables with the field names of Chinese registers, in EPSG:4545."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from .areas import Village
from .buildings import Building
from .cameras import Camera
from .curves import merged_tiles
from .land import Land
from .names import COUNTY, COUNTY_CODE, TOWNSHIPS
from .network import Road
from .places import Place
from .restricted import Area
from .sites import Site

CRS = "EPSG:4545"  # CGCS2000 / 3-degree Gauss-Kruger CM 108E: the zone of 106.5°E-109.5°E
ORIGIN = np.array([569_200.0, 3_769_000.0])  # the county town: 108.75°E 34.05°N
EXCLUSIVE_USES = ("学校", "医院", "车站", "市场", "工业", "商业")


def _frame(
    columns: Mapping[str, Sequence[object]], shapes: Sequence[BaseGeometry]
) -> gpd.GeoDataFrame:
    moved = shapely.transform(np.array(shapes, dtype=object), _to_zone)
    return gpd.GeoDataFrame(columns, geometry=list(moved), crs=CRS)


def _to_zone(points: NDArray[np.float64]) -> NDArray[np.float64]:
    moved: NDArray[np.float64] = np.round(points + ORIGIN, 2)
    return moved


def divisions(villages: list[Village]) -> gpd.GeoDataFrame:
    """County, townships and villages; a parent is the union of its children, vertex for vertex."""
    county = COUNTY_CODE + "000000"
    rows: list[tuple[str, str, str, str, Polygon]] = []
    for township in TOWNSHIPS:
        code = COUNTY_CODE + township.serial + "000"
        mine = [v.polygon for v in villages if v.township == township.name]
        rows.append((code, township.name, "township", county, merged_tiles(mine)))
    rows += [(v.code, v.name, "village", v.code[:9] + "000", v.polygon) for v in villages]
    whole = merged_tiles(v.polygon for v in villages)
    rows.insert(0, (county, COUNTY, "county", "", whole))
    titles = ("代码", "名称", "级别", "上级代码")
    columns = {title: [row[k] for row in rows] for k, title in enumerate(titles)}
    return _frame(columns, [row[4] for row in rows])


def grids(villages: list[Village], sites: list[Site]) -> gpd.GeoDataFrame:
    """Basic grids, then exclusive ones: a campus or works inside one village's land."""
    columns: dict[str, list[object]] = {
        k: [] for k in ("网格编码", "网格名称", "类别", "所属村码", "户数")
    }
    shapes: list[BaseGeometry] = []

    def add(village: Village, serial: int, name: str, kind: str, households: int) -> None:
        row = (f"{village.code}{serial:03d}", name, kind, village.code, households)
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)

    for village in villages:
        for k, (tile, count) in enumerate(zip(village.grids, village.households, strict=True), 1):
            add(village, k, f"{village.name}第{k:02d}网格", "基础网格", count)
            shapes.append(tile)
    serials: dict[str, int] = {}
    for site in _exclusive(sites):
        yard = site.block.free.buffer(-0.5, join_style="mitre")
        village = next(v for v in villages if v.polygon.contains(yard))
        serials[village.code] = serials.get(village.code, 900) + 1
        add(village, serials[village.code], f"{site.name}专属网格", "专属网格", 0)
        shapes.append(yard)
    return _frame(columns, shapes)


def _exclusive(sites: list[Site]) -> list[Site]:
    """The first site of each use that commonly has a grid of its own, and the county's schools."""
    named = [s for s in sites if s.name]
    first = [next(s for s in named if s.use == use) for use in EXCLUSIVE_USES]
    more = [s for s in named if s.name.endswith("第二中学") or "产业园" in s.name]
    return [*first, *more]


def roads(laid: list[Road]) -> gpd.GeoDataFrame:
    """Name and grade of each road; village lanes have no name."""
    return _frame(
        {"名称": [r.name or None for r in laid], "等级": [r.grade for r in laid]},
        [r.line for r in laid],
    )


def buildings(laid: list[Building]) -> gpd.GeoDataFrame:
    """Floors always, height in metres where surveyed."""
    height = [np.nan if b.height_m is None else b.height_m for b in laid]
    columns: dict[str, list[object]] = {
        "名称": [b.name or None for b in laid],
        "层数": [b.floors for b in laid],
        "高度": [*height],
    }
    return _frame(columns, [b.polygon for b in laid])


def places(laid: list[Place]) -> gpd.GeoDataFrame:
    """Points with kind, key flag (0/1) and weight 1-5."""
    columns: dict[str, list[object]] = {
        "名称": [p.name for p in laid],
        "类别": [p.kind for p in laid],
        "重点": [int(p.standing[0]) for p in laid],
        "权重": [p.standing[1] for p in laid],
        "地址": [p.address for p in laid],
    }
    return _frame(columns, [p.at for p in laid])


def outlines(laid: list[Place], sites: list[Site]) -> gpd.GeoDataFrame:
    """Yards of the key places that fill a town block; their points stand at the gate."""
    yards = {s.name: s.block.free.buffer(-0.5, join_style="mitre") for s in sites if s.name}
    shown = [p for p in laid if p.standing[0] and p.name in yards]
    return _frame({"名称": [p.name for p in shown]}, [yards[p.name] for p in shown])


def restricted(laid: list[Area]) -> gpd.GeoDataFrame:
    """Name, kind in words, and the document of the consent where one is on file."""
    columns: dict[str, list[object]] = {
        "名称": [a.name for a in laid],
        "类型": [a.kind for a in laid],
        "同意文号": [a.document for a in laid],
    }
    return _frame(columns, [a.polygon for a in laid])


def cameras(laid: list[Camera]) -> gpd.GeoDataFrame:
    """Camera points in the fields of a register that follows GB/T 28181."""
    frame = _frame(
        {
            "名称": [c.name for c in laid],
            "编码": [c.code for c in laid],
            "方位角": [c.azimuth or None for c in laid],
            "方向": [c.direction for c in laid],
            "视场角": [c.optics.fov_deg for c in laid],
            "作用距离": [c.optics.range_m for c in laid],
            "高度": [c.optics.height_m for c in laid],
            "俯仰角": [c.optics.tilt_deg for c in laid],
            "类型": [c.kind.ptz_type for c in laid],
            "用途": [c.use_type for c in laid],
            "地址": [c.address for c in laid],
            "管理单位": [c.unit for c in laid],
        },
        [c.at for c in laid],
    )
    frame["方向"] = pd.array([c.direction for c in laid], dtype="Int32")
    return frame


def water(land: Land) -> gpd.GeoDataFrame:
    """River, brook and reservoir as polygons."""
    banks = land.outline
    river = land.river.buffer(38).intersection(banks)
    lake = land.reservoir.intersection(banks)
    brook = land.brook.buffer(9).intersection(banks).difference(shapely.union_all([river, lake]))
    shapes = [shapely.set_precision(g, 0.01) for g in (river, brook, lake)]
    return _frame(
        {"名称": ["云溪河", "青石溪", "青石水库"], "类别": ["河流", "溪流", "水库"]}, shapes
    )
