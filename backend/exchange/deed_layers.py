"""What happens on the land, and the forces kept for it: incidents, visits, checkpoints, units.

Of a force its entry in the list is given, with its home grids: never where it is or was, for rows
of places read again and again are a track.
"""

from sqlalchemy import (
    Date,
    and_,
    bindparam,
    cast,
    distinct,
    func,
    join,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ..grids.models import Grid
from ..incidents.models import Incident, IncidentGrid
from ..patrol.checkpoints.models import Checkpoint
from ..patrol.deriving.models import Visit
from ..patrol.models import Unit, UnitGrid
from ..settings import load
from .layers import Column, Term, division_column, grid_columns, joined, layer_of, set_column

_GRIDS_OF = joined(
    IncidentGrid.set_name.op("||")(":").op("||")(IncidentGrid.grid_code),
    IncidentGrid.set_name,
    IncidentGrid.incident_id == Incident.id,
    of=Incident,
)
#: A version of a grid keeps its code, and a unit may hold several versions of one.
_HOME_GRIDS = (
    select(func.string_agg(distinct(Grid.code), aggregate_order_by(literal(";"), Grid.code)))
    .join(UnitGrid, UnitGrid.grid_id == Grid.id)
    .where(UnitGrid.unit_id == Unit.id)
    .correlate(Unit)
    .scalar_subquery()
)
_ZONE: Term = bindparam("zone", callable_=lambda: load().site.timezone)
_DAY = cast(func.timezone(_ZONE, Visit.entered_at), Date)
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
    .group_by(Visit.grid_id, Visit.division_code, text("3"))
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
    layer_of(
        Incident,
        ("incidents", "事件", "Incidents"),
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
            division_column(Incident.division_code),
        ),
        moment=Incident.reported_at,
    ),
    layer_of(
        Visit,
        ("visits", "巡防到访", "Visits by grid and day"),
        "patrol.read",
        None,
        (
            *grid_columns(Grid),
            Column("day", "日期", "day", _VISITS.c.day),
            Column("visits", "到访次数", "whole", _VISITS.c.visits),
            Column("units", "力量数", "whole", _VISITS.c.units),
            Column("dwell_s", "停留秒数", "number", _VISITS.c.dwell_s),
            Column("first_at", "首次到达", "instant", _VISITS.c.first_at),
            Column("last_at", "最后离开", "instant", _VISITS.c.last_at),
            division_column(_VISITS.c.division_code),
            set_column(Grid),
        ),
        source=join(_VISITS, Grid, _OF_ITS_DAY),
        key=_VISITS.c.day,
        division=_VISITS.c.division_code,
        set_name=Grid.set_name,
        moment=_VISITS.c.first_at,
    ),
    layer_of(
        Checkpoint,
        ("checkpoints", "签到点", "Checkpoints"),
        "patrol.read",
        "Point",
        (
            Column("name", "名称", "text", Checkpoint.name),
            Column("radius_m", "半径", "number", Checkpoint.radius_m),
            Column("longest_interval_s", "最长间隔秒", "whole", Checkpoint.longest_interval_s),
            division_column(Checkpoint.division_code),
        ),
        where=(Checkpoint.is_active,),
    ),
    layer_of(
        Unit,
        ("units", "力量", "Units"),
        "patrol.read",
        None,
        (
            Column("code", "编号", "text", Unit.code),
            Column("name", "名称", "text", Unit.name),
            Column("kind", "类别", "text", Unit.kind),
            Column("vehicle", "交通工具", "text", Unit.vehicle),
            Column("strength", "人数", "whole", Unit.strength),
            Column("skills", "技能", "text", func.array_to_string(Unit.skills, ";")),
            Column("grids", "责任网格", "text", _HOME_GRIDS),
            division_column(Unit.division_code),
            set_column(Unit),
        ),
        where=(Unit.is_active,),
    ),
)
