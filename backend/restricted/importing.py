"""Restricted areas from a file: outline, name, kind, and the document of the consent given."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gis.columns import Field
from gis.intake import Intake

from ..db import WHOLE_LAND
from ..divisions import assigning
from ..divisions.models import Division
from ..landing import Berth, Landing, Row, RowRefused, each_row, end_missing, merge, multi, numbered
from ..landing import spots as spots_of
from ..spatial import from_db

TABLE = "restricted_areas"
FIELDS = (
    Field("name", ("名称", "区域名称", "单位名称", "场所名称", "mc", "title", "area_name")),
    Field("kind", ("类型", "类别", "限制类型", "区域类型", "area_kind", "restriction", "type")),
    Field(
        "consent_document",
        ("同意文件", "同意文号", "文号", "批准文号", "同意文件文号", "consent", "document"),
    ),
)
_COLUMNS = ("kind", "name", "consent_document", "division_code")
_KINDS = {
    **dict.fromkeys(("禁设", "禁止", "禁设区域", "禁止安装", "forbidden"), "forbidden"),
    **dict.fromkeys(("征求同意", "须征求同意", "征得同意", "consent"), "consent"),
}
#: What may stick out: borders and areas are drawn by different hands.
_TOLERANCE_M2 = 10.0
_METRES_PER_DEGREE = 111_195.0


def read_rows(intake: Intake) -> Landing:
    """Check each row; a kind nobody knows is refused, for it decides whether a camera may stand."""
    landing = Landing(_COLUMNS)
    taken: set[str] = set()

    def take(row: Row) -> None:
        name, word = row.required("name"), row.required("kind")
        kind = _KINDS.get(word.lower())
        if kind is None:
            raise RowRefused("value.unknown", "kind", found=word[:40], known="禁设, 征求同意")
        document = row.text("consent_document")
        if kind == "forbidden" and document is not None:
            raise RowRefused("restricted.no_consent", "consent_document", found=document[:40])
        landing.keys.append(numbered(taken, f"{kind}:{name}"))
        taken.add(landing.keys[-1])
        landing.rows.append((kind, name, document, assigning.NOWHERE))
        landing.shapes.append(row.shape)
        landing.row_no.append(row.number)

    each_row(intake, landing, take)
    return landing


def locate(session: Session, landing: Landing) -> list[int]:
    """Fill in the division each area lies in, by a point inside, and return them."""
    codes = assigning.locate(session, spots_of(landing.shapes))
    landing.rows = [(*row[:-1], code) for row, code in zip(landing.rows, codes, strict=True)]
    return codes


def rows_reaching_out(
    session: Session, landing: Landing, bounds: tuple[int, int]
) -> dict[str, dict[int, str]]:
    """Return the rows that reach out of the importer's divisions, by code of the fault."""
    out = reaching_out(session, landing.shapes, bounds)
    return {"division.outside": {landing.row_no[index]: "" for index in out}} if out else {}


def reaching_out(session: Session, shapes: Sequence[Any], bounds: tuple[int, int]) -> list[int]:
    """Return the indices of shapes that reach out of the divisions in `bounds`.

    Whoever draws an area keeps cameras out of it, so nobody draws on a neighbour's land.
    """
    if bounds == WHOLE_LAND:
        return []
    drawn = assigning.as_points(shapes)
    outside = shapely.difference(drawn, _land(session, bounds))
    lat = np.radians(shapely.get_y(shapely.centroid(drawn)))
    area_m2 = shapely.area(outside) * _METRES_PER_DEGREE**2 * np.cos(lat)
    return [int(index) for index in np.flatnonzero(area_m2 > _TOLERANCE_M2)]


def _land(session: Session, bounds: tuple[int, int]) -> BaseGeometry:
    """Return the ground of the uppermost divisions within `bounds`."""
    within = (Division.valid_to.is_(None), Division.code.between(*bounds))
    top = select(func.min(Division.level)).where(*within).scalar_subquery()
    outlines = session.scalars(select(Division.geom).where(*within, Division.level == top))
    return shapely.union_all([from_db(outline) for outline in outlines])


def write(session: Session, landing: Landing, berth: Berth) -> None:
    """Bring the set to what the file says; areas it no longer has are removed."""
    ids = merge(session, berth, landing, multi(landing.shapes, shapely.multipolygons))
    end_missing(session, berth, ids, how="delete")
