"""A set of grids as in force today, with the divisions they belong to."""

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from ...divisions.codes import text_of
from ...errors import NotFound
from .checking import EXCLUSIVE_LAYER, Parents, Tiling

Shapes = NDArray[np.object_]

# By the key of grids in force, `grids_set_code`; the order makes two checks list alike.
_GRIDS = text(
    "SELECT id, code, kind, division_code, ST_AsBinary(geom) FROM grids"
    " WHERE set_name = :name AND valid_from <= CURRENT_DATE"
    " AND (valid_to IS NULL OR valid_to > CURRENT_DATE)"
    " AND division_code BETWEEN :low AND :high ORDER BY code, id"
)
_DIVISIONS = text(
    "SELECT code, ST_AsBinary(geom) FROM divisions"
    " WHERE valid_to IS NULL AND code = ANY(:codes) ORDER BY code"
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


def _shapes(wkb: list[bytes]) -> Shapes:
    return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)
