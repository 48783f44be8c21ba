"""What this installation is: name, where its map opens, whether it answers at all."""

from typing import Literal

from fastapi import APIRouter, Response, status
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from . import __version__, db
from .access import CurrentUser, Tx, right
from .settings import Site, load

router = APIRouter(prefix="/api", tags=["site"])

_WHOLE_COUNTRY = (73.5, 18.0, 135.1, 53.6)
_EXTENT = text(
    "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM ("
    " SELECT coalesce("
    "  (SELECT ST_Extent(geom) FROM divisions WHERE valid_to IS NULL"
    "   AND code BETWEEN :low AND :high),"
    "  (SELECT ST_Extent(geom) FROM cameras), (SELECT ST_Extent(geom) FROM grids),"
    "  (SELECT ST_Extent(geom) FROM roads)) AS e) AS found"
)


class Tianditu(BaseModel):
    """Tile addresses of the national map with {z} {x} {y}: ground and Chinese labels, EPSG:3857."""

    base: str
    labels: str


class SiteOut(BaseModel):
    name: str
    name_en: str
    centre: tuple[float, float]
    zoom: float
    bounds: tuple[float, float, float, float]
    tianditu: Tianditu | None
    version: str
    simulated: bool


class HealthOut(BaseModel):
    status: Literal["ok", "degraded"]
    database: bool


@router.get("/site", **right("map.read"))
def read_site(session: Tx, user: CurrentUser) -> SiteOut:
    """Return the installation's name and the land its map opens on."""
    site = load().site
    found = session.execute(_EXTENT, {"low": user.scope.low, "high": user.scope.high}).one()
    w, s, e, n = (float(v) for v in found) if found[0] is not None else _WHOLE_COUNTRY
    return SiteOut(
        name=site.name,
        name_en=site.name_en,
        centre=((w + e) / 2, (s + n) / 2),
        zoom=12 if found[0] is not None else 4,
        bounds=(w, s, e, n),
        tianditu=_tianditu(site),
        version=__version__,
        simulated=site.simulated,
    )


def _tianditu(site: Site) -> Tianditu | None:
    """Return the national map's tiles when a key was set; its datum is that of our own data.

    The key is meant for browsers and travels in the address, as its service wants it.
    """
    if not site.tianditu_key:
        return None

    def tiles(layer: str) -> str:
        asked = f"SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&STYLE=default&LAYER={layer}"
        where = "TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
        return f"{site.tianditu_host}/{layer}_w/wmts?{asked}&{where}&tk={site.tianditu_key}"

    return Tianditu(base=tiles("vec"), labels=tiles("cva"))


@router.get("/health", **right("public"))
def read_health(response: Response) -> HealthOut:
    """Tell whether the server and its database answer."""
    try:
        with db.begin() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = "3"
        return HealthOut(status="degraded", database=False)
    return HealthOut(status="ok", database=True)
