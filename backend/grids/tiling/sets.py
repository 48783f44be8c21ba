"""A set of grids as in force today, with the divisions they belong to."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from ...divisions.codes import text_of
from ...errors import NotFound
from .checking import EXCLUSIVE_LAYER, Parents, Tiling

Shapes = NDArray[np.object_]

# By the key of grids in force, `grids_set_code`; the order makes two checks list alike.
_GRIDS = text(
    "SELECT id, code, kind, division_code, ST_AsBinary(geom) FROM grids"
    " WHERE set_name = :name AND valid_to IS NULL"
    " AND division_code BETWEEN :low AND :high ORDER BY code, id"
)
_DIVISIONS = text(
    "SELECT code, ST_AsBinary(geom) FROM divisions"
    " WHERE valid_to IS NULL AND code = ANY(:codes) ORDER BY code"
)

# Roads belong to no division: they are drawn for everybody. Index: roads_geom.
_ROADS = text(
    "SELECT DISTINCT ON (r.id) ST_AsBinary(r.geom)"
    " FROM unnest(cast(:west AS float8[]), cast(:south AS float8[]),"
    " cast(:east AS float8[]), cast(:north AS float8[])) AS b (west, south, east, north)"
    " JOIN roads r ON r.geom && ST_MakeEnvelope(b.west, b.south, b.east, b.north, 4326)"
    " ORDER BY r.id"
)


def read_set(session: Session, name: str, span: tuple[int, int]) -> Tiling:
    """Return the grids of a set within a span of division codes, and their divisions.

    Raises
    ------
    NotFound
        If no grid of that set is in force there.

    """
    where = {"name": name, "low": span[0], "high": span[1]}
    rows = session.execute(_GRIDS, where).all()
    if not rows:
        raise NotFound()
    divisions = sorted({row.division_code for row in rows})
    known = session.execute(_DIVISIONS, {"codes": divisions}).all()
    return Tiling(
        shapes=_shapes([bytes(row[4]) for row in rows]),
        numbers=[row.id for row in rows],
        codes=[row.code for row in rows],
        layers=[EXCLUSIVE_LAYER if row.kind == "exclusive" else 0 for row in rows],
        parents=Parents(
            [text_of(row[0]) for row in known],
            _shapes([bytes(row[1]) for row in known]),
            [text_of(row.division_code) for row in rows],
        ),
    )


def roads_within(session: Session, areas: Sequence[BaseGeometry]) -> Shapes:
    """Return the roads that meet the box of any of these areas."""
    bounds = shapely.bounds(np.array(list(areas), dtype=object))
    west, south, east, north = bounds.T.tolist()
    where = {"west": west, "south": south, "east": east, "north": north}
    return _shapes([bytes(row[0]) for row in session.execute(_ROADS, where)])


def _shapes(wkb: list[bytes]) -> Shapes:
    return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)
