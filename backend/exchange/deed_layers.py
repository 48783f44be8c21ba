"""What stands and happens on the land: cameras, incidents, visits and coverage."""

from sqlalchemy import Date, Text, and_, case, cast, func, join, literal, or_, outerjoin, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from ..cameras.models import Camera, Pose
from ..coverage.models import CoverageFigure
from ..grids.models import Grid
from ..incidents.models import Incident, IncidentGrid
from ..patrol.deriving.models import Visit
from .layers import Column, Layer, code_text, set_column, table_of

_FIRST = aliased(Pose)
_ZONE = "Asia/Shanghai"
_AZIMUTHS = (
    select(
        func.string_agg(
            cast(Pose.azimuth_deg, Text), aggregate_order_by(literal(";"), Pose.sensor_no)
        )
    )
    .where(Pose.camera_id == Camera.id)
    .correlate(Camera)
    .scalar_subquery()
)
_GRIDS_OF = (
    select(
        func.string_agg(
            IncidentGrid.set_name.op("||")(":").op("||")(IncidentGrid.grid_code),
            aggregate_order_by(literal(";"), IncidentGrid.set_name),
        )
    )
    .where(IncidentGrid.incident_id == Incident.id)
    .correlate(Incident)
    .scalar_subquery()
)
_DAY = cast(func.timezone(_ZONE, Visit.entered_at), Date)
#: PTZType of GB/T 28181, which imports read; "other" has none.
_PTZ_TYPE = case(
    {
        name: number
        for number, name in enumerate(
            ("ptz_dome", "dome", "bullet", "ptz_bullet", "ptz_half_dome", "panoramic", "split"),
            start=1,
        )
    },
    value=Camera.kind,
    else_=None,
)
#: A day's visits of a grid; who made them is not told.
_VISITS = (
    select(
        Visit.grid_id,
        Visit.division_code,
        _DAY.label("day"),
        func.count().filter(~Visit.is_continued).label("visits"),
        func.count(Visit.unit_id.distinct()).label("units"),
        func.sum(Visit.dwell_s).label("dwell_s"),
        func.min(Visit.entered_at).label("first_at"),
        func.max(Visit.left_at).label("last_at"),
    )
    .where(Visit.is_sure)
    .group_by(Visit.grid_id, Visit.division_code, _DAY)
    .subquery()
)
# Visits are derived on the grids of then and of today: a day is told by the version of the day, or
# by the first there was.
_OF_ITS_DAY = and_(
    Grid.id == _VISITS.c.grid_id,
    or_(Grid.valid_to.is_(None), _VISITS.c.day < Grid.valid_to),
    or_(_VISITS.c.day >= Grid.valid_from, Grid.began_by.is_(None)),
)

DEEDS = (
    Layer(
        "cameras",
        "摄像机",
        "Cameras",
        "cameras.read",
        "Point",
        (
            Column("code", "设备编码", "text", Camera.code),
            Column("name", "名称", "text", Camera.name),
            Column("azimuth_deg", "方位角", "text", _AZIMUTHS),
            Column("azimuth_error_deg", "方位角误差", "number", _FIRST.azimuth_error_deg),
            Column("fov_deg", "视场角", "number", _FIRST.fov_deg),
            Column("range_m", "作用距离", "number", _FIRST.range_m),
            Column("height_m", "架设高度", "number", Camera.height_m),
            Column("tilt_deg", "俯仰角", "number", _FIRST.tilt_deg),
            Column("ptz", "云台", "yes", Camera.has_ptz),
            Column("ptz_type", "摄像机类型", "whole", _PTZ_TYPE),
            Column("use_type", "用途", "text", Camera.use_type),
            Column("width_px", "水平像素", "whole", Camera.width_px),
            Column("address", "安装地址", "text", Camera.address),
            Column("managing_unit", "管理单位", "text", Camera.managing_unit),
            Column("is_alive", "在线", "yes", Camera.is_alive),
            Column("division_code", "区划代码", "text", code_text(Camera.division_code)),
            set_column(Camera),
        ),
        source=outerjoin(
            table_of(Camera),
            _FIRST,
            and_(_FIRST.camera_id == Camera.id, _FIRST.sensor_no == 1),
        ),
        key=Camera.id,
        geom=Camera.geom,
        division=Camera.division_code,
        set_name=Camera.set_name,
        tiles="cameras",
    ),
    Layer(
        "incidents",
        "事件",
        "Incidents",
        "incidents.read",
        "Point",
        (
            Column("number", "编号", "text", Incident.number),
            Column("kind", "类别", "text", Incident.kind),
            Column("severity", "等级", "text", Incident.severity),
            Column("state", "状态", "text", Incident.state),
            Column("reported_at", "上报时间", "instant", Incident.reported_at),
            Column("closed_at", "办结时间", "instant", Incident.closed_at),
            Column("grids", "所在网格", "text", _GRIDS_OF),
            Column("division_code", "区划代码", "text", code_text(Incident.division_code)),
        ),
        source=table_of(Incident),
        key=Incident.id,
        geom=Incident.geom,
        division=Incident.division_code,
        moment=Incident.reported_at,
    ),
    Layer(
        "visits",
        "巡防到访",
        "Visits by grid and day",
        "patrol.read",
        None,
        (
            Column("code", "网格编码", "text", Grid.code),
            Column("name", "网格名称", "text", Grid.name),
            Column("day", "日期", "day", _VISITS.c.day),
            Column("visits", "到访次数", "whole", _VISITS.c.visits),
            Column("units", "力量数", "whole", _VISITS.c.units),
            Column("dwell_s", "停留秒数", "number", _VISITS.c.dwell_s),
            Column("first_at", "首次到达", "instant", _VISITS.c.first_at),
            Column("last_at", "最后离开", "instant", _VISITS.c.last_at),
            Column("division_code", "区划代码", "text", code_text(_VISITS.c.division_code)),
            set_column(Grid),
        ),
        source=join(_VISITS, table_of(Grid), _OF_ITS_DAY),
        key=_VISITS.c.day,
        division=_VISITS.c.division_code,
        set_name=Grid.set_name,
        moment=_VISITS.c.first_at,
    ),
    Layer(
        "coverage",
        "覆盖数字",
        "Coverage of grids",
        "coverage.read",
        None,
        (
            Column("code", "网格编码", "text", Grid.code),
            Column("name", "网格名称", "text", Grid.name),
            Column("reading", "口径", "text", CoverageFigure.reading),
            Column("measure", "度量", "text", CoverageFigure.measure),
            Column("px_per_m", "像素每米", "number", CoverageFigure.px_per_m),
            Column("total", "总量", "number", CoverageFigure.total),
            Column("certain", "确定覆盖", "number", CoverageFigure.certain),
            Column("possible", "可能覆盖", "number", CoverageFigure.possible),
            Column("one", "一台覆盖", "number", CoverageFigure.one),
            Column("more", "多台覆盖", "number", CoverageFigure.more),
            Column("computed_at", "计算时间", "instant", CoverageFigure.computed_at),
            Column("division_code", "区划代码", "text", code_text(CoverageFigure.division_code)),
            set_column(Grid),
        ),
        source=join(table_of(CoverageFigure), table_of(Grid), Grid.id == CoverageFigure.subject_id),
        key=CoverageFigure.subject_id,
        division=CoverageFigure.division_code,
        set_name=Grid.set_name,
        where=(CoverageFigure.subject_kind == "grid",),
    ),
)
