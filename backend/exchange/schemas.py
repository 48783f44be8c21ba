"""The shapes of imports at the API."""

from datetime import datetime
from typing import Any, Literal

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


class InspectEvidence(BaseModel):
    """One comparison: its score, what chance gives, and the natural logarithm of that chance."""

    kind: Literal["lies_on", "in_division", "same_name"]
    layer: str
    score: float
    by_chance: float
    log_p: float
    scale_m: float
    count: int
    text: str


class InspectCandidate(BaseModel):
    """A way to read the file's numbers; `drawn` is the file under it, thinned, lon/lat."""

    reading: str
    title: str
    confidence: float
    is_stated: bool
    alike: list[str]
    offset_m: tuple[float, float] | None
    evidence: list[InspectEvidence]
    drawn: list[list[tuple[float, float]]]


class InspectEncoding(BaseModel):
    """An encoding tried; `is_doubted` marks the two that the texts bear out alike."""

    name: str
    decodes: bool
    common: float | None
    sample: str
    said_by: str | None
    is_doubted: bool


class InspectTotal(BaseModel):
    row: int
    column: str
    stated: float
    parts: float
    text: str


class InspectReport(BaseModel):
    """What a file seems to be; `reading` is null when the inspection asks instead of choosing."""

    file: str
    shape: Literal["point", "line", "polygon", "mixed"]
    count: int
    stated: str | None
    sexagesimal: bool
    position: dict[str, str]
    reading: str | None
    confidence: float
    sure_from: float
    doubt: Literal["nothing_known", "no_evidence", "too_close", "mixed", "offset"] | None
    contradicts: bool
    reason: str
    todo: str
    candidates: list[InspectCandidate]
    encoding: str
    encodings: list[InspectEncoding]
    totals: list[InspectTotal]
    notes: list[ReportNote]
    dropped_columns: list[DroppedColumn]
