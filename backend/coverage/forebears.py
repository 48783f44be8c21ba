"""Who had the ground of a grid before it began: earlier versions, each with its share of it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from gis.crosswalk import crosswalk

from ..db import Scope
from ..grids.models import Grid
from ..spatial import from_db


@dataclass(frozen=True, slots=True)
class Forebear:
    """A version that ended; `share` of its ground, `of_heir` of the heir's, is common (0 to 1)."""

    id: int
    valid_from: date
    valid_to: date
    share: float
    of_heir: float

    def is_in_force(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_to


def forebears(session: Session, heir: Grid, scope: Scope) -> list[Forebear]:
    """Return the versions of a grid's set and kind that ended before it began, on its ground."""
    wanted = select(Grid).where(
        Grid.set_name == heir.set_name,
        Grid.kind == heir.kind,
        Grid.valid_to <= heir.valid_from,
        Grid.valid_to > Grid.valid_from,
        Grid.division_code.between(scope.low, scope.high),
        Grid.geom.op("&&")(heir.geom),
    )
    found = session.scalars(wanted.order_by(Grid.id)).all()
    if not found:
        return []
    shared = crosswalk([from_db(grid.geom) for grid in found], [from_db(heir.geom)])
    back = crosswalk([from_db(heir.geom)], [from_db(grid.geom) for grid in found])
    of_heir = dict(zip(back.other.tolist(), back.share.tolist(), strict=True))
    return [
        Forebear(
            found[at].id,
            found[at].valid_from,
            found[at].valid_to or heir.valid_from,
            share,
            of_heir.get(at, 0.0),
        )
        for at, to, share in zip(
            shared.one.tolist(), shared.other.tolist(), shared.share.tolist(), strict=True
        )
        if to == 0
    ]
