"""盲区: pieces of ground that no camera sees, heaviest first."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from ..divisions.extent import Extent
from .schemas import GapPage, GapReasons, GapRow, SubjectRow

_ROW = (
    "SELECT p.id, p.grid_id, g.code AS grid_code, g.name AS grid_name, p.area_m2, p.weight,"
    " p.reasons, ST_X(ST_PointOnSurface(p.geom)) AS lon, ST_Y(ST_PointOnSurface(p.geom)) AS lat,"
    " ST_XMin(p.geom) AS west, ST_YMin(p.geom) AS south,"
    " ST_XMax(p.geom) AS east, ST_YMax(p.geom) AS north"
    " FROM (SELECT * FROM coverage_gaps WHERE reading = :reading AND px_per_m = :px"
    " AND division_code BETWEEN :low AND :high{more}"
    " ORDER BY weight DESC, area_m2 DESC, id LIMIT :limit) p JOIN grids g ON g.id = p.grid_id"
    " ORDER BY p.weight DESC, p.area_m2 DESC, p.id"
)
_COUNT = text(
    "SELECT count(*) FROM coverage_gaps WHERE reading = :reading AND px_per_m = :px"
    " AND division_code BETWEEN :low AND :high"
)
#: What else picks the gaps of one subject; those of a place lie near it.
_OF = {
    "grid": " AND grid_id = :id",
    "division": "",
    "place": " AND geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)",
}
_NEAR_DEG = 0.001


@dataclass(frozen=True, slots=True)
class Choice:
    """Gaps at one reading and density."""

    reading: str = "installed"
    px_per_m: float = 20.0
    limit: int = 100


def page(session: Session, extent: Extent, choice: Choice) -> GapPage:
    """Return a division's heaviest gaps and how many there are."""
    asked = _asked(extent, choice)
    rows = session.execute(text(_ROW.format(more="")), asked).mappings()
    return GapPage(rows=[_row(dict(row)) for row in rows], total=session.scalar(_COUNT, asked) or 0)


def of_subject(
    session: Session, extent: Extent, subject: SubjectRow, choice: Choice
) -> list[GapRow]:
    """Return the heaviest gaps of a grid or division, or near a place."""
    west, south, east, north = subject.bbox
    asked = _asked(extent, choice) | {
        "id": subject.subject_id,
        "west": west - _NEAR_DEG,
        "south": south - _NEAR_DEG,
        "east": east + _NEAR_DEG,
        "north": north + _NEAR_DEG,
    }
    query = text(_ROW.format(more=_OF[subject.subject_kind]))
    return [_row(dict(row)) for row in session.execute(query, asked).mappings()]


def _asked(extent: Extent, choice: Choice) -> dict[str, float | int | str]:
    return {
        "low": extent.low,
        "high": extent.high,
        "reading": choice.reading,
        "px": choice.px_per_m,
        "limit": choice.limit,
    }


def _row(row: dict[str, object]) -> GapRow:
    box = tuple(row.pop(side) for side in ("west", "south", "east", "north"))
    reasons = GapReasons.model_validate(row.pop("reasons"))
    return GapRow.model_validate(row | {"bbox": box, "reasons": reasons})
