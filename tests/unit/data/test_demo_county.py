"""The demonstration county holds what its READMEs promise, and can be made again byte for byte."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

COUNTY = Path(__file__).parents[3] / "data" / "shapefiles"
LAYERS = (
    *("divisions", "grids", "roads", "buildings", "places", "outlines", "restricted"),
    *("cameras", "water"),
)
# GB/T 28181 DirectionType -> degrees looked into (FACTS: 1 looks west-to-east = 90).
OCTANT_DEG = {1: 90, 2: 270, 3: 180, 4: 0, 5: 135, 6: 45, 7: 225, 8: 315}


def _layer(name: str) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(COUNTY / name / f"{name}.shp", encoding="GBK")


@pytest.fixture(scope="module")
def county() -> dict[str, gpd.GeoDataFrame]:
    return {name: _layer(name) for name in LAYERS}


def _basic(county: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    grids = county["grids"]
    return grids[grids["类别"] == "基础网格"]


def _level(county: dict[str, gpd.GeoDataFrame], level: str) -> gpd.GeoDataFrame:
    divisions = county["divisions"]
    return divisions[divisions["级别"] == level]


def test_regenerating_gives_the_same_bytes(tmp_path: Path) -> None:
    script = COUNTY / "generate.py"
    subprocess.run([sys.executable, str(script), "--out", str(tmp_path)], check=True, timeout=150)
    made = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(made) == len(LAYERS) * 5  # .shp .shx .dbf .prj README.md
    differing = [p for p in made if (tmp_path / p).read_bytes() != (COUNTY / p).read_bytes()]
    assert differing == []


@pytest.mark.parametrize("name", LAYERS)
def test_each_layer_is_valid_and_in_the_zone_of_108_east(
    name: str, county: dict[str, gpd.GeoDataFrame]
) -> None:
    frame = county[name]
    assert frame.crs.to_epsg() == 4545
    assert bool(frame.geometry.is_valid.all())
    left, bottom, right, top = frame.to_crs(4326).total_bounds
    assert 108.5 < left < right < 109.0
    assert 33.9 < bottom < top < 34.2


@pytest.mark.parametrize("name", LAYERS)
def test_attributes_are_gbk_without_cpg_and_never_utf8(name: str) -> None:
    raw = (COUNTY / name / f"{name}.dbf").read_bytes()
    assert not (COUNTY / name / f"{name}.cpg").exists()
    assert raw[29] == 0  # no language driver: a reader must find the encoding out
    header = struct.unpack("<H", raw[8:10])[0]
    fields, records = raw[32 : header - 1], raw[header:]
    titles = [fields[k : k + 11].split(b"\0")[0] for k in range(0, len(fields), 32)]
    assert all(0 < len(t) <= 10 and t.decode("gbk").isidentifier() for t in titles)
    assert "名称" in b"".join(titles).decode("gbk")
    records.decode("gbk")
    with pytest.raises(UnicodeDecodeError):
        records.decode("utf-8")


def test_the_whole_county_stays_small() -> None:
    size = sum(p.stat().st_size for name in LAYERS for p in (COUNTY / name).iterdir())
    assert size < 6_000_000


def test_divisions_nest_and_tile_526_square_kilometres(
    county: dict[str, gpd.GeoDataFrame],
) -> None:
    counts = county["divisions"]["级别"].value_counts().to_dict()
    assert counts == {"village": 28, "township": 5, "county": 1}
    for level in counts:
        shapes = _level(county, level)
        assert shapely.coverage_is_valid(shapes.geometry.to_numpy())
        # 1 cm rounding along some 100 km of outline moves the sum by well under 0.01 km2.
        assert shapes.area.sum() / 1e6 == pytest.approx(526.0, abs=0.01)
        assert set(shapes.geom_type) == {"Polygon"}
    codes = county["divisions"].set_index("代码")
    for code, parent in codes["上级代码"].dropna().items():
        outside = codes.geometry[code].difference(codes.geometry[parent])
        assert outside.area < 1e-6
        assert code[: len(parent.rstrip("0"))] == parent.rstrip("0")


def test_basic_grids_tile_their_village_without_gap_or_overlap(
    county: dict[str, gpd.GeoDataFrame],
) -> None:
    basic = _basic(county)
    assert shapely.coverage_is_valid(basic.geometry.to_numpy())
    villages = _level(county, "village").set_index("代码")
    assert set(basic["所属村码"]) == set(villages.index)
    for code, tiles in basic.groupby("所属村码"):
        village = villages.geometry[code]
        assert shapely.union_all(tiles.geometry.to_numpy()).equals(village)
        assert tiles.area.sum() == pytest.approx(village.area, abs=1e-3)
    assert basic["户数"].between(300, 500).all()


def test_grid_codes_have_15_digits_and_serials_run_from_north(
    county: dict[str, gpd.GeoDataFrame],
) -> None:
    grids = county["grids"]
    assert grids["网格编码"].is_unique
    assert bool(grids["网格编码"].str.fullmatch(r"699901\d{9}").all())
    assert bool((grids["网格编码"].str[:12] == grids["所属村码"]).all())
    for _, tiles in _basic(county).groupby("所属村码"):
        serials = tiles["网格编码"].str[12:].astype(int).to_numpy()
        assert serials.tolist() == list(range(1, len(tiles) + 1))
        # Bands of ceil(sqrt(n)) grids from north to south, west to east within a band.
        size = int(np.ceil(np.sqrt(len(tiles))))
        x, y = tiles.centroid.x.to_numpy(), tiles.centroid.y.to_numpy()
        for k in range(0, len(tiles), size):
            assert (np.diff(x[k : k + size]) > 0).all()
            assert (y[k : k + size, None] > y[None, k + size :]).all()


def test_exclusive_grids_lie_inside_their_village(county: dict[str, gpd.GeoDataFrame]) -> None:
    grids = county["grids"]
    exclusive = grids[grids["类别"] == "专属网格"]
    assert len(exclusive) == 8
    villages = county["divisions"].set_index("代码").geometry
    for _, grid in exclusive.iterrows():
        assert villages[grid["所属村码"]].contains(grid.geometry)


def test_camera_parts_add_up_to_543(county: dict[str, gpd.GeoDataFrame]) -> None:
    cameras = county["cameras"]
    label = cameras["名称"].str.extract(r"-(\D+)\d+$")[0]
    assert label.value_counts().to_dict() == {
        "枪机": 251, "卡口": 197, "球机": 83, "全景": 6, "半球": 4, "高空瞭望": 2,
    }  # fmt: skip
    assert len(cameras) == 543 == 83 + 2 + 251 + 197 + 10
    assert (cameras["类型"] == 1).sum() == 83
    assert cameras["名称"].is_unique
    assert cameras["名称"].str.len().max() > 50


def test_every_camera_stands_outside_buildings_and_inside_the_county(
    county: dict[str, gpd.GeoDataFrame],
) -> None:
    points = county["cameras"].geometry.to_numpy()
    footprints = shapely.STRtree(county["buildings"].geometry.to_numpy())
    assert footprints.query(points, predicate="dwithin", distance=0.4).size == 0
    outline = _level(county, "county").geometry.iloc[0]
    assert bool(shapely.contains(outline, points).all())


def test_poses_are_known_as_well_as_the_readme_says(county: dict[str, gpd.GeoDataFrame]) -> None:
    cameras = county["cameras"]
    known, octant = cameras["方位角"].notna(), cameras["方向"].notna()
    assert int(known.sum()) == 299
    assert int((~known & octant).sum()) == 163
    assert int((~known & ~octant).sum()) == 81
    assert int(cameras["方位角"].dropna().str.fullmatch(r"\d+;\d+").sum()) == 14
    both = cameras[known & octant]
    apart = both["方位角"].astype(float) - both["方向"].map(OCTANT_DEG)
    assert (((apart + 180) % 360 - 180).abs() <= 22.5).all()


def test_optics_fit_the_camera_kind(county: dict[str, gpd.GeoDataFrame]) -> None:
    cameras = county["cameras"]
    label = cameras["名称"].str.extract(r"-(\D+)\d+$")[0]
    reach = {"卡口": (25, 40), "枪机": (60, 120), "球机": (150, 250), "高空瞭望": (2000, 3000)}
    for kind, (low, high) in reach.items():
        assert cameras.loc[label == kind, "作用距离"].between(low, high).all()
    masts = label == "高空瞭望"
    assert cameras.loc[masts, "高度"].between(35, 45).all()
    assert cameras.loc[~masts, "高度"].between(4, 8).all()
    # FACTS: far edge h / tan(tilt - VFOV/2) must not fall short of the stated range.
    vertical = 2 * np.arctan(np.tan(np.radians(cameras["视场角"] / 2)) * 9 / 16)
    above = np.radians(cameras["俯仰角"]) - vertical / 2
    assert (cameras["高度"] / np.tan(above) > cameras["作用距离"]).all()


def test_device_codes_follow_gbt_28181(county: dict[str, gpd.GeoDataFrame]) -> None:
    codes = county["cameras"]["编码"]
    assert codes.is_unique
    assert bool(codes.str.fullmatch(r"6999010[1-5]00(121|132)1\d{6}").all())


def test_buildings_do_not_overlap_and_some_lack_a_height(
    county: dict[str, gpd.GeoDataFrame],
) -> None:
    buildings = county["buildings"]
    shapes = buildings.geometry.to_numpy()
    assert 11_000 < len(buildings) < 13_500
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (first == second).all()
    assert 0.10 < buildings["高度"].isna().mean() < 0.20
    assert buildings["层数"].between(1, 18).all()
    assert (shapely.get_num_interior_rings(shapes) > 0).sum() > 300


def test_places_carry_key_places_and_weights(county: dict[str, gpd.GeoDataFrame]) -> None:
    places = county["places"]
    assert len(places) == 600
    assert places["名称"].is_unique
    key = set(places.loc[places["重点"] == 1, "类别"])
    assert {"学校", "医院", "政府机关", "车站", "市场", "水库"} <= key
    assert places["权重"].between(1, 5).all()
    footprints = shapely.STRtree(county["buildings"].geometry.to_numpy())
    assert footprints.query(places.geometry.to_numpy(), predicate="intersects").size == 0


def test_outlines_are_yards_of_key_places_with_the_gate_at_their_edge(
    county: dict[str, gpd.GeoDataFrame],
) -> None:
    outlines = county["outlines"].set_index("名称").geometry
    places = county["places"].set_index("名称")
    assert len(outlines) == 40 and outlines.index.is_unique
    assert (places.loc[outlines.index, "重点"] == 1).all()
    gates = places.geometry.loc[outlines.index]
    assert float(outlines.distance(gates).max()) < 1.5
    assert outlines.area.between(20_000, 110_000).all()


def test_no_camera_stands_where_the_law_forbids_it(county: dict[str, gpd.GeoDataFrame]) -> None:
    areas = county["restricted"]
    assert areas["类型"].value_counts().to_dict() == {"禁设": 13, "征求同意": 2}
    unlawful = areas[areas["同意文号"].isna()].geometry.to_numpy()
    posts = shapely.STRtree(county["cameras"].geometry.to_numpy())
    assert posts.query(unlawful, predicate="intersects").size == 0
    # One secret unit has given its consent, and cameras do stand near it.
    consented = areas[areas["同意文号"].notna()].geometry.to_numpy()
    assert posts.query(consented, predicate="intersects").size > 0


def test_no_field_names_a_person(county: dict[str, gpd.GeoDataFrame]) -> None:
    fields = {field for frame in county.values() for field in frame.columns}
    assert not any(
        word in f for f in fields for word in ("姓名", "电话", "身份证", "车牌", "联系人")
    )
