"""The shapes of imports at the API."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class ColumnMatch(BaseModel):
    field: str
    column: str
    how: str


class DroppedColumn(BaseModel):
    column: str
    reason: str


class RejectedRow(BaseModel):
    row: int
    lon: float | None
    lat: float | None
    field: str
    reason: str
    code: str
    todo: str


class MendedPolygon(BaseModel):
    row: int
    lon: float
    lat: float
    reason: str
    area_change_percent: float


class ReportNote(BaseModel):
    row: int | None
    code: str
    reason: str
    todo: str


class Refusal(BaseModel):
    code: str
    reason: str
    todo: str
    detail: dict[str, Any]


class ImportReport(BaseModel):
    """What became of a file: how it was read, what was taken, and every row that was not."""

    kind: str
    file: str
    set_name: str
    dry_run: bool
    written: bool
    summary: str
    counts: dict[str, int]
    encoding: str | None
    encoding_how: str | None
    sample: str | None
    crs: str | None
    datum: str | None
    datum_how: str | None
    columns: list[ColumnMatch]
    dropped_columns: list[DroppedColumn]
    ignored_columns: list[str]
    notes: list[ReportNote]
    mended: list[MendedPolygon]
    rejected: list[RejectedRow]
    refusal: Refusal | None


class ImportRow(BaseModel):
    id: int
    kind: str
    file_name: str
    set_name: str
    at: datetime
    written: bool
    summary: str
    counts: dict[str, int]


class ImportList(BaseModel):
    imports: list[ImportRow]
