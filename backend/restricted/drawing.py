"""Restricted areas drawn in the console: added within the jurisdiction, listed, removed."""

import json

import shapely
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ..access import Principal
from ..audit.register import Act, enter
from ..divisions.assigning import NOWHERE
from ..divisions.codes import text_of
from ..divisions.locating import division_at
from ..errors import InvalidField, NotFound, Refused
from ..spatial import to_db
from .importing import reaching_out
from .models import RestrictedArea
from .schemas import MOST_VERTICES, RestrictedAreaList, RestrictedAreaNew, RestrictedAreaRow


class AreaOutside(Refused):
    code = "restricted.outside"
    zh = "该区域超出您的辖区：请只在辖区内划定，或由上级划定。"
    en = "This area reaches out of your jurisdiction: draw within it, or ask a higher level."


_LISTED = text(
    "SELECT id, set_name, kind, name, consent_document, division_code,"
    " ST_Area(geom::geography) AS area_m2, ST_X(ST_PointOnSurface(geom)) AS lon,"
    " ST_Y(ST_PointOnSurface(geom)) AS lat, ST_AsGeoJSON(geom, 7) AS geometry,"
    " count(*) OVER () AS total"
    " FROM restricted_areas WHERE division_code BETWEEN :low AND :high"
    " ORDER BY kind DESC, name, id LIMIT :limit OFFSET :offset"
)
_ONE = text(
    "SELECT id, set_name, kind, name, consent_document, division_code,"
    " ST_Area(geom::geography) AS area_m2, ST_X(ST_PointOnSurface(geom)) AS lon,"
    " ST_Y(ST_PointOnSurface(geom)) AS lat, ST_AsGeoJSON(geom, 7) AS geometry"
    " FROM restricted_areas WHERE id = :id"
)


def page(
    session: Session, span: tuple[int, int], *, limit: int, offset: int = 0
) -> RestrictedAreaList:
    """Return the areas of a span of divisions, forbidden ones first."""
    where = {"low": span[0], "high": span[1], "limit": limit, "offset": offset}
    rows = session.execute(_LISTED, where).all()
    return RestrictedAreaList(
        rows=[_shown(row) for row in rows], total=rows[0].total if rows else 0
    )


def add(session: Session, new: RestrictedAreaNew, *, by: Principal) -> RestrictedAreaRow:
    """Draw an area; it binds the next camera that is placed.

    Raises
    ------
    InvalidField
        If the polygon crosses itself or has too many vertices.
    AreaOutside
        If it reaches out of the caller's jurisdiction: there, others say what is forbidden.

    """
    drawn = _polygons(new)
    spot = shapely.point_on_surface(drawn)
    area = RestrictedArea(
        set_name="console",
        kind=new.kind,
        name=new.name,
        consent_document=new.consent_document,
        division_code=division_at(session, spot.x, spot.y) or NOWHERE,
        geom=to_db(drawn),
    )
    bounds = (by.scope.low, by.scope.high)
    if not by.covers(area.division_code) or reaching_out(session, [drawn], bounds):
        raise AreaOutside(field="geometry")
    session.add(area)
    session.flush()
    _register(session, "restricted.added", area, by)
    return _shown(session.execute(_ONE, {"id": area.id}).one())


def remove(session: Session, area_id: int, *, by: Principal) -> None:
    """Take an area away.

    Raises
    ------
    NotFound
        If there is none of that id in the jurisdiction.

    """
    area = session.get(RestrictedArea, area_id)
    if area is None or not by.covers(area.division_code):
        raise NotFound()
    session.delete(area)
    session.flush()
    _register(session, "restricted.removed", area, by)


def _polygons(new: RestrictedAreaNew) -> BaseGeometry:
    drawn = shape(new.geometry.model_dump())
    if shapely.get_num_coordinates(drawn) > MOST_VERTICES:
        raise InvalidField(field="geometry", reason=f"> {MOST_VERTICES}")
    if not drawn.is_valid or drawn.is_empty:
        raise InvalidField(field="geometry", reason=shapely.is_valid_reason(drawn))
    return MultiPolygon([drawn]) if isinstance(drawn, Polygon) else drawn


def _shown(row: Row[tuple[object, ...]]) -> RestrictedAreaRow:
    fields = dict(row._mapping)
    fields.pop("total", None)
    fields["division_code"] = text_of(fields["division_code"])
    fields["geometry"] = json.loads(fields["geometry"])
    return RestrictedAreaRow(**fields)


def _register(session: Session, act: str, area: RestrictedArea, by: Principal) -> None:
    enter(
        session,
        Act(
            act,
            by.id,
            by.username,
            division_code=area.division_code,
            detail={
                "area_id": area.id,
                "kind": area.kind,
                "name": area.name,
                "consent_document": area.consent_document,
            },
        ),
    )
