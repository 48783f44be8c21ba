"""Ground and figures of an hour, all units together: counted anew wherever a trace has changed."""

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from sqlalchemy import TextClause, insert, text
from sqlalchemy.orm import Session

from .models import PatrolFigure
from .storing import Touched

_DROP = (
    "DELETE FROM {table} o"
    " USING unnest(CAST(:grids AS bigint[]), CAST(:hours AS timestamptz[])) AS t (grid_id, hour)"
    " WHERE o.grid_id = t.grid_id AND o.hour = t.hour"
)
_BITS = text(
    "SELECT g.grid_id, extract(epoch FROM g.hour)::bigint AS hour_s, g.division_code, p.piece_m,"
    " bit_count(g.visited) * p.cell_m2 AS visited_m2,"
    " bit_count(g.likely) * p.cell_m2 AS likely_m2,"
    " bit_count(g.unknown) * p.cell_m2 AS unknown_m2,"
    " substring(varbit_send(g.road_visited) FROM 5) AS road_visited_m,"
    " substring(varbit_send(g.road_likely) FROM 5) AS road_likely_m,"
    " substring(varbit_send(g.road_unknown) FROM 5) AS road_unknown_m"
    " FROM unnest(CAST(:grids AS bigint[]), CAST(:hours AS timestamptz[])) AS t (grid_id, hour)"
    " JOIN patrol_grounds g ON t.grid_id = g.grid_id AND t.hour = g.hour"
    " JOIN patrol_plans p ON p.grid_id = g.grid_id AND p.digest = g.plan"
)
_DIVISIONS = text("SELECT id, division_code FROM grids WHERE id = ANY(:grids)")
_ROADS = ("road_visited_m", "road_likely_m", "road_unknown_m")
_AREAS = ("visited_m2", "likely_m2", "unknown_m2")


def count_totals(session: Session, touched: Touched) -> None:
    """Bring `patrol_grounds` and `patrol_figures` up to date for grids and hours."""
    if not touched:
        return
    ordered = sorted(touched)
    asked: dict[str, Any] = {
        "grids": [grid for grid, _ in ordered],
        "hours": [datetime.fromtimestamp(hour_s, UTC) for _, hour_s in ordered],
    }
    for table in ("patrol_grounds", "patrol_figures"):
        session.execute(text(_DROP.format(table=table)), asked)
    session.execute(_query("patrol_ground"), asked)
    figures = _ground_figures(session, asked)
    divisions: dict[int, int] = {
        row.id: row.division_code for row in session.execute(_DIVISIONS, asked)
    }
    for row in session.execute(_query("patrol_hours"), asked).mappings():
        key = row["grid_id"], row["hour_s"]
        if row["units"] or key in figures:
            figure = figures.setdefault(key, _none(divisions[row["grid_id"]]))
            figure |= {name: row[name] for name in ("visits", "units", "dwell_s", "last_visit_at")}
    rows = [
        {"grid_id": grid, "hour": datetime.fromtimestamp(hour_s, UTC), **figure}
        for (grid, hour_s), figure in sorted(figures.items())
    ]
    if rows:
        session.execute(insert(PatrolFigure), rows)


def _ground_figures(
    session: Session, asked: dict[str, Any]
) -> dict[tuple[int, int], dict[str, Any]]:
    found = {}
    for row in session.execute(_BITS, asked).mappings():
        lengths = np.frombuffer(row["piece_m"], dtype="<f4").astype(np.float64)
        figure = _none(row["division_code"]) | {name: row[name] for name in _AREAS}
        for name in _ROADS:
            bits = np.unpackbits(np.frombuffer(row[name], np.uint8), count=len(lengths))
            figure[name] = float(lengths[bits == 1].sum())
        found[row["grid_id"], row["hour_s"]] = figure
    return found


def _none(division_code: int) -> dict[str, Any]:
    figure: dict[str, Any] = dict.fromkeys((*_AREAS, *_ROADS, "dwell_s"), 0.0)
    return figure | {
        "division_code": division_code,
        "units": 0,
        "visits": 0,
        "last_visit_at": None,
    }


@cache
def _query(name: str) -> TextClause:
    return text((files("backend") / "queries" / f"{name}.sql").read_text())
