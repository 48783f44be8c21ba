"""Layers of the land that are given to others: divisions, grids, places, buildings, roads."""

from typing import Any

from sqlalchemy.orm import aliased

from ..basemap.models import Building, Road
from ..divisions.models import Division
from ..grids.models import Grid
from ..places.models import Place
from ..restricted.models import RestrictedArea
from .layers import Column, Layer, code_text, set_column, table_of

_OUTLINED = aliased(Place)


def _validity(model: Any) -> tuple[Column, ...]:
    return (
        Column("valid_from", "生效日期", "day", model.valid_from),
        Column("valid_to", "失效日期", "day", model.valid_to),
    )


LAND = (
    Layer(
        "divisions",
        "行政区划",
        "Divisions",
        "map.read",
        "MultiPolygon",
        (
            Column("code", "行政区划代码", "text", code_text(Division.code)),
            Column("name", "名称", "text", Division.name),
            Column("level", "级别", "whole", Division.level),
            Column("parent_code", "上级代码", "text", code_text(Division.parent_code)),
            set_column(Division),
            *_validity(Division),
        ),
        source=table_of(Division),
        key=Division.id,
        geom=Division.geom,
        division=Division.code,
        set_name=Division.set_name,
        begins=Division.valid_from,
        ends=Division.valid_to,
        tiles="divisions",
    ),
    Layer(
        "grids",
        "网格",
        "Grids",
        "map.read",
        "MultiPolygon",
        (
            Column("code", "网格编码", "text", Grid.code),
            Column("name", "网格名称", "text", Grid.name),
            Column("kind", "网格类别", "text", Grid.kind),
            Column("division_code", "所属村码", "text", code_text(Grid.division_code)),
            Column("households", "户数", "whole", Grid.households),
            set_column(Grid),
            *_validity(Grid),
        ),
        source=table_of(Grid),
        key=Grid.id,
        geom=Grid.geom,
        division=Grid.division_code,
        set_name=Grid.set_name,
        begins=Grid.valid_from,
        ends=Grid.valid_to,
        tiles="grids",
    ),
    Layer(
        "places",
        "兴趣点",
        "Places",
        "map.read",
        "Point",
        (
            Column("code", "编码", "text", Place.code),
            Column("name", "名称", "text", Place.name),
            Column("kind", "类别", "text", Place.kind),
            Column("is_key", "重点部位", "yes", Place.is_key),
            Column("weight", "权重", "number", Place.weight),
            Column("address", "地址", "text", Place.address),
            Column("division_code", "区划代码", "text", code_text(Place.division_code)),
            set_column(Place),
        ),
        source=table_of(Place),
        key=Place.id,
        geom=Place.geom,
        division=Place.division_code,
        set_name=Place.set_name,
        tiles="places",
    ),
    Layer(
        "outlines",
        "重点部位轮廓",
        "Outlines of places",
        "map.read",
        "MultiPolygon",
        (
            Column("code", "编码", "text", _OUTLINED.code),
            Column("name", "名称", "text", _OUTLINED.name),
            set_column(_OUTLINED),
        ),
        source=_OUTLINED,  # type: ignore[arg-type]
        key=_OUTLINED.id,
        geom=_OUTLINED.outline,
        division=_OUTLINED.division_code,
        set_name=_OUTLINED.set_name,
        where=(_OUTLINED.outline.is_not(None),),
    ),
    Layer(
        "buildings",
        "建筑",
        "Buildings",
        "map.read",
        "MultiPolygon",
        (
            Column("name", "名称", "text", Building.name),
            Column("floors", "层数", "whole", Building.floors),
            Column("height_m", "高度", "number", Building.height_m),
            Column("height_assumed", "高度为推定", "yes", Building.height_assumed),
            set_column(Building),
        ),
        source=table_of(Building),
        key=Building.id,
        geom=Building.geom,
        set_name=Building.set_name,
        tiles="buildings",
    ),
    Layer(
        "roads",
        "道路",
        "Roads",
        "map.read",
        "MultiLineString",
        (
            Column("name", "名称", "text", Road.name),
            Column("road_class", "道路等级", "text", Road.road_class),
            set_column(Road),
        ),
        source=table_of(Road),
        key=Road.id,
        geom=Road.geom,
        set_name=Road.set_name,
        tiles="roads",
    ),
    Layer(
        "restricted",
        "限制区域",
        "Restricted areas",
        "cameras.read",
        "MultiPolygon",
        (
            Column("name", "名称", "text", RestrictedArea.name),
            Column("kind", "类型", "text", RestrictedArea.kind),
            Column("consent_document", "同意文件", "text", RestrictedArea.consent_document),
            Column("division_code", "区划代码", "text", code_text(RestrictedArea.division_code)),
            set_column(RestrictedArea),
        ),
        source=table_of(RestrictedArea),
        key=RestrictedArea.id,
        geom=RestrictedArea.geom,
        division=RestrictedArea.division_code,
        set_name=RestrictedArea.set_name,
        tiles="restricted",
    ),
)
