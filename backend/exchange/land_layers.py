"""Layers of the land that are given to others: divisions, grids, places, buildings, roads."""

from sqlalchemy.orm import aliased

from ..basemap.models import Building, Road
from ..divisions.models import Division
from ..grids.models import Grid
from ..places.models import Place
from ..restricted.models import RestrictedArea
from .layers import Column, code_text, division_column, layer_of, set_column, validity_columns

_OUTLINED = aliased(Place)

LAND = (
    layer_of(
        Division,
        ("divisions", "行政区划", "Divisions"),
        "map.read",
        "MultiPolygon",
        (
            Column("code", "行政区划代码", "text", code_text(Division.code)),
            Column("name", "名称", "text", Division.name),
            Column("level", "级别", "whole", Division.level),
            Column("parent_code", "上级代码", "text", code_text(Division.parent_code)),
            set_column(Division),
            *validity_columns(Division),
        ),
        division=Division.code,
        begins=Division.valid_from,
        ends=Division.valid_to,
        tiles="divisions",
    ),
    layer_of(
        Grid,
        ("grids", "网格", "Grids"),
        "map.read",
        "MultiPolygon",
        (
            Column("code", "网格编码", "text", Grid.code),
            Column("name", "网格名称", "text", Grid.name),
            Column("kind", "网格类别", "text", Grid.kind),
            Column("division_code", "所属村码", "text", code_text(Grid.division_code)),
            Column("households", "户数", "whole", Grid.households),
            set_column(Grid),
            *validity_columns(Grid),
        ),
        begins=Grid.valid_from,
        ends=Grid.valid_to,
        tiles="grids",
    ),
    layer_of(
        Place,
        ("places", "兴趣点", "Places"),
        "map.read",
        "Point",
        (
            Column("code", "编码", "text", Place.code),
            Column("name", "名称", "text", Place.name),
            Column("kind", "类别", "text", Place.kind),
            Column("is_key", "重点部位", "yes", Place.is_key),
            Column("weight", "权重", "number", Place.weight),
            Column("address", "地址", "text", Place.address),
            division_column(Place.division_code),
            set_column(Place),
        ),
        tiles="places",
    ),
    layer_of(
        _OUTLINED,
        ("outlines", "重点部位轮廓", "Outlines of places"),
        "map.read",
        "MultiPolygon",
        (
            Column("code", "编码", "text", _OUTLINED.code),
            Column("name", "名称", "text", _OUTLINED.name),
            set_column(_OUTLINED),
        ),
        geom=_OUTLINED.outline,
        where=(_OUTLINED.outline.is_not(None),),
    ),
    layer_of(
        Building,
        ("buildings", "建筑", "Buildings"),
        "map.read",
        "MultiPolygon",
        (
            Column("name", "名称", "text", Building.name),
            Column("floors", "层数", "whole", Building.floors),
            Column("height_m", "高度", "number", Building.height_m),
            Column("height_assumed", "高度为推定", "yes", Building.height_assumed),
            set_column(Building),
        ),
        tiles="buildings",
    ),
    layer_of(
        Road,
        ("roads", "道路", "Roads"),
        "map.read",
        "MultiLineString",
        (
            Column("name", "名称", "text", Road.name),
            Column("road_class", "道路等级", "text", Road.road_class),
            set_column(Road),
        ),
        tiles="roads",
    ),
    layer_of(
        RestrictedArea,
        ("restricted", "限制区域", "Restricted areas"),
        "cameras.read",
        "MultiPolygon",
        (
            Column("name", "名称", "text", RestrictedArea.name),
            Column("kind", "类型", "text", RestrictedArea.kind),
            Column("consent_document", "同意文件", "text", RestrictedArea.consent_document),
            division_column(RestrictedArea.division_code),
            set_column(RestrictedArea),
        ),
        tiles="restricted",
    ),
)
