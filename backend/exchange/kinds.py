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

NAMES = ("divisions", "grids", "places", "buildings", "roads", "cameras")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of file becomes rows.

    `locate` fills in divisions and returns them; None where rows belong to no division.
    `changes_sight` is true where viewsheds must be computed anew.
    """

    name: str
    wanted: Wanted
    fields: tuple[Field, ...]
    read: Callable[[Intake], Landing]
    write: Callable[[Session, Landing, Berth], None]
    locate: Callable[[Session, Landing], list[int]] | None = None
    changes_sight: bool = False


def kind_of(name: str, *, default_height_m: float) -> Kind:
    """Return the kind of that name, one of `NAMES`."""
    return {
        "divisions": Kind(
            "divisions", "polygon", divisions.FIELDS, divisions.read_rows, divisions.write
        ),
        "grids": Kind("grids", "polygon", grids.FIELDS, grids.read_rows, grids.write, grids.locate),
        "places": Kind(
            "places", "point", places.FIELDS, places.read_rows, places.write, places.locate
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
            "roads", "line", basemap.ROAD_FIELDS, basemap.read_roads, basemap.write_roads
        ),
        "cameras": Kind(
            "cameras",
            "point",
            cameras.FIELDS,
            cameras.read_rows,
            cameras.write,
            cameras.locate,
            changes_sight=True,
        ),
    }[name]
