"""Buildings and roads from a file. A footprint without height gets one that is marked assumed."""

import shapely
from sqlalchemy.orm import Session

from gis.columns import Field
from gis.intake import Intake

from ..landing import Berth, Landing, Row, each_row, multi, replace_all

#: Height of a storey where only their number is known, metres (FACTS: 3 m x Floor).
STOREY_M = 3.0

BUILDING_FIELDS = (
    Field(
        "height_m",
        (
            *("高度", "建筑高度", "楼高", "房屋高度", "height", "building_height", "bldg_height"),
            *("building:height", "hgt", "elevation_height", "gd", "jzgd"),
        ),
        gathers=True,
    ),
    Field(
        "floors",
        (
            *("层数", "楼层", "楼层数", "地上层数", "总层数", "建筑层数", "floor", "num_floors"),
            *("levels", "building:levels", "building_levels", "storeys", "stories", "cs", "jzcs"),
        ),
        gathers=True,
    ),
    Field("name", ("名称", "建筑名称", "楼名", "楼宇名称", "building_name", "mc", "jzmc")),
)
ROAD_FIELDS = (
    Field("name", ("名称", "道路名称", "路名", "street_name", "streetname", "road_name", "mc")),
    Field(
        "road_class",
        ("等级", "道路等级", "技术等级", "类别", "类型", "class", "highway", "fclass", "roadclass"),
    ),
)
_BUILDING_COLUMNS = ("name", "floors", "height_m", "height_assumed")
_ROAD_COLUMNS = ("name", "road_class")
_CLASS_WORDS = {
    "national": "national 国道 高速 高速公路 一级公路 motorway trunk motorway_link trunk_link",
    "provincial": "provincial 省道 二级公路 primary primary_link",
    "county": "county 县道 三级公路 secondary secondary_link",
    "town": "town 乡道 镇道 乡镇道路 四级公路 tertiary tertiary_link",
    "street": (
        "street 街 街道 街路 城市道路 城镇道路 镇区街道 主干路 次干路 支路 主干道 次干道"
        " residential unclassified living_street"
    ),
    "lane": "lane 巷 巷道 胡同 里弄 小路 村道 村路 通村路 机耕路 service alley track footway path",
}
_CLASS_OF = {word: name for name, words in _CLASS_WORDS.items() for word in words.split()}


def read_buildings(intake: Intake, *, default_height_m: float) -> Landing:
    """Check each footprint; height, else floors times 3 m, else the default marked as assumed.

    A height or number of floors of 0 is how many sources write "unknown".
    """
    landing = Landing(_BUILDING_COLUMNS)

    def take(row: Row) -> None:
        height = row.number_in("height_m", 0.0, 1000.0) or None
        floors = row.whole_in("floors", 0, 250) or None
        if height is None and floors is not None:
            height = STOREY_M * floors
        is_assumed = height is None
        landing.assumed_heights += is_assumed
        landing.rows.append(
            (row.text("name"), floors, default_height_m if height is None else height, is_assumed)
        )
        landing.shapes.append(row.shape)
        landing.row_no.append(row.number)

    each_row(intake, landing, take)
    return landing


def read_roads(intake: Intake) -> Landing:
    """Check each road; a class nobody knows becomes "other"."""
    landing = Landing(_ROAD_COLUMNS)

    def take(row: Row) -> None:
        word = (row.text("road_class") or "").lower()
        landing.rows.append((row.text("name"), _CLASS_OF.get(word, "other")))
        landing.shapes.append(row.shape)
        landing.row_no.append(row.number)

    each_row(intake, landing, take)
    return landing


def write_buildings(session: Session, landing: Landing, berth: Berth) -> None:
    """Replace the set of buildings as a whole."""
    replace_all(session, berth, landing, multi(landing.shapes, shapely.multipolygons))


def write_roads(session: Session, landing: Landing, berth: Berth) -> None:
    """Replace the set of roads as a whole."""
    replace_all(session, berth, landing, multi(landing.shapes, shapely.multilinestrings))
