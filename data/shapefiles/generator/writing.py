"""Shapefiles with GBK attributes, no .cpg and a fixed date: the same bytes on every run."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
from pyproj import CRS

from .curves import SEED

FILE_DATE = "2026-01-01"  # the .dbf header carries a date; today's would change every file daily


def write_layer(folder: Path, frame: gpd.GeoDataFrame, title: tuple[str, str]) -> None:
    """folder/NAME.shp, .shx, .dbf, .prj and README.md; NAME is the folder's own name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{folder.name}.shp"
    pyogrio.write_dataframe(
        frame,
        path,
        driver="ESRI Shapefile",
        encoding="GBK",
        layer_options={"RESIZE": "YES", "DBF_DATE_LAST_UPDATE": FILE_DATE},
    )
    # Registers in the field come without a .cpg; a reader must find GBK out from the bytes.
    path.with_suffix(".cpg").unlink(missing_ok=True)
    (folder / "README.md").write_text(_readme(folder.name, frame, title), encoding="utf-8")


def _readme(name: str, frame: gpd.GeoDataFrame, title: tuple[str, str]) -> str:
    crs = CRS.from_user_input(frame.crs)
    kinds = "、".join(sorted(set(frame.geometry.geom_type)))
    fields = [column for column in frame.columns if column != "geometry"]
    lines = [
        f"# {title[0]} {name}",
        "",
        f"云溪县（模拟）的{title[0]}，共 {len(frame)} 条，几何类型 {kinds}。"
        "本县纯属虚构，不对应任何真实地方。",
        f"{title[1]} of the fictional county: {len(frame)} records. It maps no real place.",
        "",
        f"- 坐标系 CRS：{crs.name}（{crs.to_string()}），东、北，米 easting and northing in metres",
        "- 属性编码 encoding：GBK，无 .cpg 文件 (no .cpg, on purpose)",
        "- 来历 made by：`python data/shapefiles/generate.py`，"
        f"种子 seed {SEED}，逐字节可重现 repeatable byte for byte",
        "",
        "| 字段 field | 含义 meaning | 例 example |",
        "|---|---|---|",
    ]
    for field in fields:
        present = frame[field].dropna()
        example = next((v for v in present if v != ""), "")
        lines.append(
            f"| {field} | {MEANING.get((name, field)) or MEANING['', field]} | {example} |"
        )
    return "\n".join(lines) + "\n"


MEANING = {
    ("", "名称"): "名称，可空 name, may be empty",
    ("", "类别"): "类别 kind",
    ("", "地址"): "地址 address",
    ("divisions", "代码"): "12 位区划代码 = 6 县 + 3 乡镇 + 3 村 division code",
    ("divisions", "级别"): "county 县 / township 乡镇街道 / village 村和社区 level",
    ("divisions", "上级代码"): "上级区划代码，县为空 parent's code, empty for the county",
    ("grids", "网格编码"): "15 位 = 6+3+3+3 序号，由西向东、由北向南 grid code",
    ("grids", "网格名称"): "网格名称 grid name",
    (
        "grids",
        "类别",
    ): "基础网格 basic（铺满各村 tiles the village）/ 专属网格 exclusive（叠加 overlaid）",
    ("grids", "所属村码"): "所属村（社区）代码 village code",
    ("grids", "户数"): "户数，专属网格为 0 households, 0 for exclusive grids",
    ("roads", "等级"): "国道 national / 县道 county / 乡道 township / 街道 street / 巷道 lane",
    ("buildings", "层数"): "地上层数 floors",
    ("buildings", "高度"): "高度（米），约 15 % 缺 height in metres, about 15 % missing",
    ("places", "重点"): "1 为重点部位 1 = key place",
    ("places", "权重"): "1-5，5 最重 weight, 5 highest",
    (
        "restricted",
        "类型",
    ): "禁设 forbidden（条例第八条 Art. 8）/ 征求同意 consent first（第十条 Art. 10）",
    ("restricted", "同意文号"): "同意文件文号，可空 document of the consent, may be empty",
    ("cameras", "编码"): "GB/T 28181 20 位设备编码 device id",
    (
        "cameras",
        "方位角",
    ): "真北起顺时针度数，`90;180` 为多目，空为不知 degrees from true north, list = sensors",
    ("cameras", "方向"): "GB/T 28181 DirectionType 1-8，±22.5°，可空 octant, may be empty",
    ("cameras", "视场角"): "水平视场角（度）horizontal field of view, degrees",
    ("cameras", "作用距离"): "作用距离（米）range, metres",
    ("cameras", "高度"): "架设高度（米）mounting height, metres",
    ("cameras", "俯仰角"): "光轴低于水平的度数 tilt below the horizon, degrees",
    ("cameras", "类型"): "PTZType：1 球机 2 半球 3 枪机或卡口 4 高空瞭望 6 全景",
    ("cameras", "用途"): "UseType：1 治安 2 交通 3 重点",
    ("cameras", "管理单位"): "管理单位 managing unit",
    ("water", "类别"): "河流 river / 溪流 brook / 水库 reservoir",
}
