"""What can be imported: for each kind its fields, shape, checks and table, as one registry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from gis.columns import Field
from gis.intake import Intake
from gis.shapes import Wanted

from ..basemap import importing as basemap
from ..cameras import importing as cameras
from ..divisions import importing as divisions
from ..grids import importing as grids
from ..landing import Berth, Landing
from ..places import importing as places
from ..places import outlining as outlines
from ..restricted import importing as restricted
from ..restricted.law import unlawful_rows

NAMES = (
    *("divisions", "grids", "places", "outlines", "buildings", "roads", "restricted"),
    "cameras",
)

Bounds = tuple[int, int]
Refusals = dict[str, dict[int, str]]
"""Code of a fault -> number of the row -> what to name beside it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of file becomes rows.

    `locate` fills in divisions and returns them; None where rows belong to no division.
    `refused` names rows that only the database can judge, within the divisions one may change.
    `changes_sight` is true where viewsheds must be computed anew, `changes_ways` where the road
    network must be built anew.
    """

    name: str
    wanted: Wanted
    fields: tuple[Field, ...]
    read: Callable[[Intake], Landing]
    write: Callable[[Session, Landing, Berth], None]
    locate: Callable[[Session, Landing], list[int]] | None = None
    refused: Callable[[Session, Landing, Bounds], Refusals] | None = None
    changes_sight: bool = False
    changes_ways: bool = False
    table: str = ""

    @property
    def target(self) -> str:
        """The table the rows land in: named like the kind unless stated."""
        return self.table or self.name


def kind_of(name: str, *, default_height_m: float) -> Kind:
    """Return the kind of that name, one of `NAMES`."""
    return {
        "divisions": Kind(
            "divisions", "polygon", divisions.FIELDS, divisions.read_rows, divisions.write
        ),
        "grids": Kind("grids", "polygon", grids.FIELDS, grids.read_rows, grids.write, grids.locate),
        "places": Kind(
            "places",
            "point_or_polygon",
            places.FIELDS,
            places.read_rows,
            places.write,
            places.locate,
        ),
        "outlines": Kind(
            "outlines",
            "polygon",
            outlines.FIELDS,
            outlines.read_rows,
            outlines.write,
            refused=outlines.unmatched_rows,
            table="places",
        ),
        "buildings": Kind(
            "buildings",
            "polygon",
            basemap.BUILDING_FIELDS,
            partial(basemap.read_buildings, default_height_m=default_height_m),
            basemap.write_buildings,
            changes_sight=True,
        ),
        "roads": Kind(
            "roads",
            "line",
            basemap.ROAD_FIELDS,
            basemap.read_roads,
            basemap.write_roads,
            changes_ways=True,
        ),
        "cameras": Kind(
            "cameras",
            "point",
            cameras.FIELDS,
            cameras.read_rows,
            cameras.write,
            cameras.locate,
            lambda session, landing, _: unlawful_rows(session, landing),
            changes_sight=True,
        ),
        "restricted": Kind(
            "restricted",
            "polygon",
            restricted.FIELDS,
            restricted.read_rows,
            restricted.write,
            restricted.locate,
            restricted.rows_reaching_out,
            table=restricted.TABLE,
        ),
    }[name]
