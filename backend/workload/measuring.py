"""What each grid of a set has to look after, counted within its outline of the day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from gis.gridarea import area_m2
from gis.gridload import DEFAULT_WEIGHTS, MEASURES, loads, relative_amounts

from ..access import Principal
from ..divisions.codes import text_of
from ..grids.staff.listing import of_day
from .schemas import Amounts, Weights, WorkloadPage, WorkloadRow

MOST = 20_000
_MONTH = timedelta(days=365.25 / 12)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which grids: a set on a day, within a span of codes; incidents of how many months."""

    set_name: str
    at: date
    months: int
    span: tuple[int, int] | None = None

    @property
    def since(self) -> datetime:
        """Return the instant from which incidents count, at the earliest the first there is."""
        span, first = self.months * _MONTH - timedelta(days=1), datetime.min.replace(tzinfo=UTC)
        day = datetime.combine(self.at, time(), UTC)
        return day - span if day - first > span else first


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows, their amounts and these by the mean; columns as `gis.gridload.MEASURES`."""

    rows: Sequence[Row[Any]]
    amounts: np.ndarray
    relative: np.ndarray

    def loads(self, weights: Mapping[str, float]) -> np.ndarray:
        return loads(self.relative, weights)

    def median(self, weights: Mapping[str, float]) -> float | None:
        """Return the load of the grid in the middle, None when none is known."""
        known = self.loads(weights)
        known = known[~np.isnan(known)]
        return float(np.median(known)) if len(known) else None


def measure(session: Session, wanted: Wanted, *, by: Principal) -> Measured:
    """Count what lies in each grid."""
    low, high = wanted.span or (by.scope.low, by.scope.high)
    values = {
        "low": max(low, by.scope.low),
        "high": min(high, by.scope.high),
        "set_name": wanted.set_name,
        **of_day(wanted.at),
        "since": wanted.since,
        "limit": MOST,
    }
    rows = session.execute(query("grid_workload"), values).all()
    told = [[_number(row, name, wanted.months) for name in MEASURES] for row in rows]
    amounts = np.array(told, dtype=np.float64).reshape(-1, len(MEASURES))
    return Measured(rows, amounts, relative_amounts(amounts))


def page(session: Session, wanted: Wanted, *, by: Principal) -> WorkloadPage:
    """Return each grid's amounts and its load by the default weights."""
    found = measure(session, wanted, by=by)
    load = found.loads(DEFAULT_WEIGHTS)
    # Edges are straight in lon/lat: ST_Area(geography) would tell otherwise after each new node.
    areas = area_m2(shapely.from_wkb([bytes(row.shape) for row in found.rows]))
    rows = [
        _row(row, found.amounts[k], found.relative[k], load[k], float(areas[k]))
        for k, row in enumerate(found.rows)
    ]
    return WorkloadPage(
        set_name=wanted.set_name,
        at=wanted.at,
        months=wanted.months,
        weights=Weights(**DEFAULT_WEIGHTS),
        median=_shown(found.median(DEFAULT_WEIGHTS)),
        rows=rows,
        total=len(rows),
    )


def _number(row: Row[Any], name: str, months: int) -> float:
    value = getattr(row, name)
    if value is None:
        return float("nan")
    return float(value) / months if name == "incidents" else float(value)


def _row(
    row: Row[Any], amounts: np.ndarray, relative: np.ndarray, load: float, ground_m2: float
) -> WorkloadRow:
    same = ("grid_id", "code", "name", "kind", "division_name", "lon", "lat", "workers", "chiefs")
    return WorkloadRow(
        **{name: getattr(row, name) for name in same},
        division_code=text_of(row.division_code),
        bbox=(row.west, row.south, row.east, row.north),
        area_m2=round(ground_m2, 1),
        amounts=_amounts(amounts),
        relative=_amounts(relative),
        load=_shown(load),
    )


def _amounts(values: np.ndarray) -> Amounts:
    return Amounts(**{name: _shown(value) for name, value in zip(MEASURES, values, strict=True)})


def _shown(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(float(value), 4)


@cache
def query(name: str) -> TextClause:
    """Return a named query of this package."""
    return text((files("backend") / "queries" / f"{name}.sql").read_text("utf-8"))
