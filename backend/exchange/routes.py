"""Imports at the API: an upload goes the same way as a file on the command line."""

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Query, UploadFile
from pydantic import BaseModel, Field
from sqlalchemy import select

from gis.faults import FileRefused

from ..access import CurrentUser, Tx, right
from ..errors import InvalidField
from .inspect_report import inspect_report
from .inspecting import InspectOrder, inspect_file
from .models import Import
from .pipeline import ImportOrder, run_import
from .report import ImportRefused, InspectionRefused
from .schemas import ImportList, ImportReport, ImportRow, InspectReport
from .wording import reason_and_todo

router = APIRouter(prefix="/api/imports", tags=["imports"])

KindName = Literal[
    "divisions", "grids", "places", "outlines", "buildings", "roads", "restricted", "cameras"
]
_MOST_FILES = 12
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
#: Of several files, the one that names the layer.
_LEADING = (".shp", ".zip", ".gpkg", ".geojson", ".json", ".csv", ".xlsx")


#: A datum, auto, or a reading of `gis.readings`, such as epsg:4546+swapped.
_READING = r"^[a-z0-9:]+(\+[a-z]+){0,4}$"


class InspectForm(BaseModel):
    """The fields beside a file to inspect."""

    file: list[UploadFile]
    encoding: str | None = None
    layer: str | None = None
    mapping: str | None = None


class UploadForm(BaseModel):
    """The fields beside the file."""

    file: list[UploadFile]
    datum: Annotated[str, Field(max_length=60, pattern=_READING)] | None = None
    encoding: str | None = None
    layer: str | None = None
    mapping: str | None = None
    set_name: str | None = None
    default_height_m: Annotated[float, Field(ge=0.1, le=1000)] | None = None
    dry_run: bool = False
    accept_partial: bool = False


@router.post("/inspect", **right("imports.write"))
def inspect_upload(
    user: CurrentUser, form: Annotated[InspectForm, File(), Form()]
) -> InspectReport:
    """Tell what a file of unknown origin is: datum, zone, axes, encoding. Nothing is written."""
    with tempfile.TemporaryDirectory(prefix="gridlink-upload-") as private:
        path, name = _keep(form.file, Path(private))
        order = InspectOrder(
            path=path,
            file_name=name,
            layer=form.layer or None,
            encoding=form.encoding or None,
            mapping=_mapping(form.mapping),
            scope=user.scope,
        )
        try:
            return inspect_report(inspect_file(order), user.language)
        except FileRefused as refused:
            reason, todo = reason_and_todo(refused.code, refused.detail, user.language)
            raise InspectionRefused(
                file=name, code=refused.code, reason=reason, todo=todo
            ) from None


@router.post("/{kind}", **right("imports.write"))
def import_upload(
    kind: KindName, user: CurrentUser, form: Annotated[UploadForm, File(), Form()]
) -> ImportReport:
    """Import a file: a zip, GeoPackage, GeoJSON, CSV or XLSX, or a shapefile with its parts."""
    with tempfile.TemporaryDirectory(prefix="gridlink-upload-") as private:
        path, name = _keep(form.file, Path(private))
        report = run_import(
            ImportOrder(
                kind=kind,
                path=path,
                file_name=name,
                set_name=form.set_name or None,
                layer=form.layer or None,
                encoding=form.encoding or None,
                datum=form.datum or None,
                scope=user.scope,
                mapping=_mapping(form.mapping),
                default_height_m=form.default_height_m,
                is_dry_run=form.dry_run,
                accepts_partial=form.accept_partial,
                user_id=user.id,
                user_name=user.username,
                division_code=user.division_code,
                bounds=(user.scope.low, user.scope.high),
                language=user.language,
            )
        )
    if report["refusal"] or (report["rejected"] and not report["written"] and not form.dry_run):
        raise ImportRefused(**report)
    return ImportReport.model_validate(report)


@router.get("", **right("imports.read"))
def list_imports(session: Tx, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> ImportList:
    """List the latest imports, written and refused."""
    rows = session.scalars(select(Import).order_by(Import.id.desc()).limit(limit))
    return ImportList(
        imports=[
            ImportRow(
                id=row.id,
                kind=row.kind,
                file_name=row.file_name,
                set_name=row.set_name,
                at=row.at,
                written=row.written,
                summary=row.report.get("summary", ""),
                counts=row.report.get("counts", {}),
            )
            for row in rows
        ]
    )


def _keep(files: list[UploadFile], folder: Path) -> tuple[Path, str]:
    """Put the uploads into `folder` under names of our own; return the leading one and its name."""
    if len(files) > _MOST_FILES:
        raise InvalidField(field="file", reason=f"> {_MOST_FILES}")
    kept: dict[str, tuple[Path, str]] = {}
    for upload in files:
        name = Path((upload.filename or "").replace("\\", "/")).name[:200]
        suffix = Path(name).suffix.lower()
        if not _SUFFIX.fullmatch(suffix) or suffix in kept:
            raise InvalidField(field="file", reason=name or "?")
        target = folder / f"upload{suffix}"
        with target.open("xb") as sink:
            shutil.copyfileobj(upload.file, sink)
        kept[suffix] = (target, name)
    leading = next((suffix for suffix in _LEADING if suffix in kept), next(iter(kept), None))
    if leading is None:
        raise InvalidField(field="file", reason="?")
    return kept[leading]


def _mapping(written: str | None) -> dict[str, str]:
    """Return the mapping of field to column from its JSON text."""
    if not written:
        return {}
    try:
        mapping = json.loads(written)
    except (ValueError, RecursionError) as broken:
        raise InvalidField(field="mapping", reason="JSON") from broken
    if not isinstance(mapping, dict) or not all(isinstance(v, str) for v in mapping.values()):
        raise InvalidField(field="mapping", reason='{"field": "column"}')
    return mapping
