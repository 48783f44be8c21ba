"""shapely <-> the database: the only place that knows WKB. Everything is EPSG:4326, lon/lat."""

from collections.abc import Iterable
from typing import Any

import shapely
from geoalchemy2 import Geometry, WKBElement
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import mapped_column

SRID = 4326


def geometry_column(kind: str, *, nullable: bool = False) -> Any:
    """Return a typed geometry column; its GiST index stands in the migration."""
    return mapped_column(Geometry(kind, srid=SRID, spatial_index=False), nullable=nullable)


def to_db(geometry: BaseGeometry) -> WKBElement:
    """Return `geometry` for an ORM column."""
    return WKBElement(shapely.to_wkb(geometry), srid=SRID)


def from_db(element: WKBElement) -> BaseGeometry:
    """Return the shapely geometry of a column's value."""
    return shapely.from_wkb(bytes(element.data))


def lonlat(element: WKBElement) -> tuple[float, float]:
    """Return longitude and latitude of a point column's value."""
    point = from_db(element)
    return float(shapely.get_x(point)), float(shapely.get_y(point))


def to_hex_ewkb(geometries: Iterable[BaseGeometry]) -> list[str]:
    """Return hexadecimal EWKB texts, the form COPY takes for a geometry column."""
    with_srid = shapely.set_srid(list(geometries), SRID)
    return [str(item) for item in shapely.to_wkb(with_srid, hex=True, include_srid=True)]
