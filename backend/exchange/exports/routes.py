"""Exports over HTTP: asked for, watched, taken, called off."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Response, status
from fastapi.responses import FileResponse
from sqlalchemy import select

from gis.targets import TARGETS

from ...access import CurrentUser, Id, Principal, Tx, right
from ...errors import NotAllowed
from ..catalogue import LAYERS
from ..layers import Layer, Name
from . import ordering
from .schemas import (
    ExportKind,
    ExportKinds,
    ExportPage,
    ExportSets,
    ExportShape,
    ExportWish,
)

router = APIRouter(prefix="/api/exports", tags=["exports"])

_MOST_SETS = 500


@router.get("/kinds", **right("exports.make"))
def list_export_kinds(user: CurrentUser) -> ExportKinds:
    """List what the caller may export, and in which formats and datums."""
    mine = (layer for layer in LAYERS.values() if user.may(layer.right))
    return ExportKinds(kinds=[_kind(layer, user) for layer in mine], datums=list(TARGETS))


@router.get("/kinds/{kind}/sets", **right("exports.make"))
def list_export_sets(kind: Name, user: CurrentUser, session: Tx) -> ExportSets:
    """List the sets of a kind in the jurisdiction."""
    layer = LAYERS[kind]
    if not user.may(layer.right):
        raise NotAllowed(right=layer.right)
    if layer.set_name is None:
        return ExportSets(sets=[])
    inside = layer.within(user.scope.low, user.scope.high)
    asked = select(layer.set_name).select_from(layer.source).where(*layer.where, *inside)
    return ExportSets(
        sets=list(session.scalars(asked.distinct().order_by(layer.set_name).limit(_MOST_SETS)))
    )


@router.post("", status_code=status.HTTP_202_ACCEPTED, **right("exports.make"))
def order_export(wish: ExportWish, user: CurrentUser, session: Tx) -> ExportShape:
    """Ask for a file; small ones are done in the answer, large ones are written by a job."""
    return ExportShape.of(ordering.order(session, wish, user), user.language)


@router.get("", **right("exports.make"))
def list_exports(
    user: CurrentUser, session: Tx, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> ExportPage:
    """List the latest exports of the jurisdiction."""
    rows, total = ordering.listed(session, user, limit)
    return ExportPage(rows=[ExportShape.of(row, user.language) for row in rows], total=total)


@router.get("/{export_id}", **right("exports.make"))
def read_export(export_id: Id, user: CurrentUser, session: Tx) -> ExportShape:
    """Return an export's state and progress."""
    return ExportShape.of(ordering.one(session, export_id), user.language)


@router.get(
    "/{export_id}/file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
    **right("exports.make"),
)
def fetch_export(export_id: Id, user: CurrentUser, session: Tx) -> Response:
    """Return a written file; who took it stands in the register."""
    export, path = ordering.taken(session, export_id, user)
    named = f"attachment; filename*=UTF-8''{quote(export.file_name or path.name)}"
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


@router.post("/{export_id}/cancel", **right("exports.make"))
def cancel_export(export_id: Id, user: CurrentUser, session: Tx) -> ExportShape:
    """Call an export off."""
    return ExportShape.of(ordering.cancel(session, export_id), user.language)


def _kind(layer: Layer, user: Principal) -> ExportKind:
    return ExportKind(
        kind=layer.name,
        title=layer.title(user.language),
        has_shape=layer.shape is not None,
        formats=["xlsx", "csv"]
        if layer.shape is None
        else ["shp", "gpkg", "geojson", "csv", "xlsx"],
        by_day=layer.begins is not None,
        by_span=layer.moment is not None,
        has_sets=layer.set_name is not None,
    )
