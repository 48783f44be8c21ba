"""Stored figures read for lists, sheets and the summary."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import RowMapping, TextClause, select, text
from sqlalchemy.orm import Session

from ..divisions.codes import text_of
from ..divisions.extent import Extent
from ..errors import NotFound
from .bands import PX_PER_M, Amounts, bands_of
from .models import CoverageFigure
from .schemas import (
    Band,
    Bands,
    CameraCounts,
    CoverageSummary,
    CoveringCamera,
    FigurePage,
    FigureRow,
    Measures,
    Readings,
    SubjectRow,
)
from .waiting import is_waiting

#: Kind -> its subjects as id, code, name, division_code, geom.
SUBJECTS = {
    "grid": "SELECT id, code, name, division_code, geom FROM grids"
    " WHERE valid_to IS NULL AND division_code BETWEEN :low AND :high",
    "division": "SELECT code AS id, lpad(code::text, 12, '0') AS code, name,"
    " code AS division_code, geom FROM divisions WHERE valid_to IS NULL"
    " AND code BETWEEN :low AND :high AND (:level = 0 OR level = :level)",
    "place": "SELECT id, code, name, division_code, geom FROM places"
    " WHERE is_key AND division_code BETWEEN :low AND :high",
}
_SORTED_BY = {"name": "name", "code": "code", "none": "none_share", "one": "one_share"}

_ONE = """
SELECT s.id AS subject_id, s.code, s.name, s.division_code, d.name AS division_name,
       ST_X(ST_PointOnSurface(s.geom)) AS lon, ST_Y(ST_PointOnSurface(s.geom)) AS lat,
       ST_XMin(s.geom) AS west, ST_YMin(s.geom) AS south,
       ST_XMax(s.geom) AS east, ST_YMax(s.geom) AS north
FROM ({subjects}) s LEFT JOIN divisions d ON d.code = s.division_code AND d.valid_to IS NULL
WHERE s.id = :id
"""
_COVERING = text(
    "SELECT c.id, c.name, c.is_alive, s.seen_m2 FROM coverage_sights s"
    " JOIN cameras c ON c.id = s.camera_id"
    " WHERE s.subject_kind = :kind AND s.subject_id = :id"
    " AND s.division_code BETWEEN :low AND :high"
    " ORDER BY s.seen_m2 DESC, c.id LIMIT 500"
)
_CAMERAS = text(
    "SELECT count(*) AS all, count(*) FILTER (WHERE is_alive) AS alive,"
    " count(*) FILTER (WHERE NOT is_alive) AS dead,"
    " count(*) FILTER (WHERE view_fault = 'blind') AS blind,"
    " count(*) FILTER (WHERE view_fault = 'moved') AS moved,"
    " count(*) FILTER (WHERE is_alive IS NULL) AS untried"
    " FROM cameras WHERE division_code BETWEEN :low AND :high"
)


@dataclass(frozen=True, slots=True)
class Listing:
    """Which figures a list shows, in which order; `level` 1 to 5 keeps divisions of that level."""

    kind: str = "grid"
    reading: str = "installed"
    measure: str = "area"
    scale: str = "iec"
    sort: str = "code"
    descending: bool = False
    offset: int = 0
    limit: int = 100
    level: int = 0


def page(session: Session, extent: Extent, listing: Listing) -> FigurePage:
    """Return one page of a division's subjects with the bands of one scale."""
    asked = _values(extent, listing)
    rows = session.execute(_listed(listing), asked).mappings().all()
    counted = rows
    if not rows and listing.offset:  # beyond the last page there is no row that knows the count
        first = asked | {"offset": 0, "limit": 1}
        counted = session.execute(_listed(listing), first).mappings().all()
    shown = [_figure_row(row, listing) for row in rows]
    return FigurePage(rows=shown, total=counted[0]["found"] if counted else 0)


def _values(extent: Extent, listing: Listing) -> dict[str, Any]:
    lowest = PX_PER_M["overview" if listing.scale == "iec" else "detect"]
    return {
        "kind": listing.kind,
        "reading": listing.reading,
        "measure": listing.measure,
        "low": extent.low,
        "high": extent.high,
        "level": listing.level,
        "limit": listing.limit,
        "offset": listing.offset,
        # None and one are asked of the band that reaches farthest.
        "sort_px": PX_PER_M.get(listing.sort, lowest),
    }


def _listed(listing: Listing) -> TextClause:
    key = _SORTED_BY.get(listing.sort, "certain_share")
    order = f"{key} {'DESC' if listing.descending else 'ASC'} NULLS LAST, subject_id"
    return text(_question().format(subjects=SUBJECTS[listing.kind], order=order))


@cache
def _question() -> str:
    return (files("backend") / "queries" / "coverage_figures.sql").read_text()


def _figure_row(row: RowMapping, listing: Listing) -> FigureRow:
    amounts = {px: Amounts(*rest) for px, *rest in row["amounts"]}
    return FigureRow(
        **_subject(listing.kind, row),
        total=row["total"],
        bands=bands_of(amounts, "iec" if listing.scale == "iec" else "dori"),
        method=row["method"],
        computed_at=row["computed_at"],
    )


def _subject(kind: str, row: RowMapping) -> dict[str, Any]:
    return {
        "subject_kind": kind,
        "subject_id": row["subject_id"],
        "code": row["code"],
        "name": row["name"],
        "division_code": text_of(row["division_code"]),
        "division_name": row["division_name"],
        "lon": row["lon"],
        "lat": row["lat"],
        "bbox": (row["west"], row["south"], row["east"], row["north"]),
    }


def subject(session: Session, extent: Extent, kind: str, subject_id: int) -> SubjectRow:
    """Return one subject of the extent.

    Raises
    ------
    NotFound
        If there is none of that id, or it lies outside.

    """
    asked = {"id": subject_id, "low": extent.low, "high": extent.high, "level": 0}
    query = text(_ONE.format(subjects=SUBJECTS[kind]))
    row = session.execute(query, asked).mappings().one_or_none()
    if row is None:
        raise NotFound()
    return SubjectRow(**_subject(kind, row))


def measures(session: Session, kind: str, subject_id: int) -> tuple[Measures, CoverageFigure]:
    """Return all figures of one subject, and the row that says how and when they were computed.

    Raises
    ------
    NotFound
        If none were computed yet.

    """
    rows = session.scalars(
        select(CoverageFigure).where(
            CoverageFigure.subject_kind == kind, CoverageFigure.subject_id == subject_id
        )
    ).all()
    if not rows:
        raise NotFound()
    bands: dict[tuple[str, str], dict[float, Amounts]] = defaultdict(dict)
    for row in rows:
        bands[row.measure, row.reading][row.px_per_m] = Amounts(
            row.total, row.certain, row.possible, row.one, row.more
        )

    def both(measure: str) -> dict[str, list[Band]]:
        return {name: bands_of(bands[measure, name]) for name in ("installed", "now")}

    told = {name: both(name) for name in ("area", "road", "outline")}
    return Measures.model_validate(told), rows[0]


def covering(session: Session, extent: Extent, kind: str, subject_id: int) -> list[CoveringCamera]:
    """Return the cameras that reach a subject, those that see most of it first."""
    asked = {"kind": kind, "id": subject_id, "low": extent.low, "high": extent.high}
    rows = session.execute(_COVERING, asked).mappings()
    return [CoveringCamera(**row) for row in rows]


def summary(session: Session, extent: Extent) -> CoverageSummary:
    """Return a division's shares of ground, its cameras by state, and whether all is computed."""
    rows = session.scalars(
        select(CoverageFigure).where(
            CoverageFigure.subject_kind == "division",
            CoverageFigure.subject_id == extent.code,
            CoverageFigure.measure == "area",
        )
    ).all()
    bands: dict[str, dict[float, Amounts]] = {"installed": {}, "now": {}}
    for row in rows:
        amounts = Amounts(row.total, row.certain, row.possible, row.one, row.more)
        bands[row.reading][row.px_per_m] = amounts
    span = {"low": extent.low, "high": extent.high}
    return CoverageSummary(
        division_code=text_of(extent.code),
        name=extent.name,
        computed_at=max((row.computed_at for row in rows), default=None),
        is_fresh=not is_waiting(session),
        cameras=CameraCounts(**session.execute(_CAMERAS, span).mappings().one()),
        readings=Readings(
            installed=Bands(bands=bands_of(bands["installed"])),
            now=Bands(bands=bands_of(bands["now"])),
        ),
    )
