"""Exports at the API."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...divisions.codes import text_of
from ...divisions.extent import DIVISION_FORM
from ...errors import Language
from ..catalogue import LAYERS
from ..layers import Name
from .models import Export
from .wording import told_notes

Format = Literal["shp", "gpkg", "geojson", "csv", "xlsx"]
Encoding = Literal["utf-8", "gbk", "gb18030"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]


class ExportWish(BaseModel):
    """What to write, how, and for what; without a division, of the caller's whole jurisdiction."""

    model_config = ConfigDict(extra="forbid")

    kind: Name
    format: Format
    datum: str = Field(default="cgcs2000", max_length=20)
    encoding: Encoding | None = None
    set_name: str | None = Field(default=None, max_length=100)
    division: str | None = Field(default=None, pattern=DIVISION_FORM)
    at: date | None = Field(default=None, description="grids and divisions in force that day")
    since: date | None = None
    until: date | None = None
    chinese_names: bool = False
    purpose: str = Field(min_length=2, max_length=200, pattern=r"\S")


class ExportNote(BaseModel):
    code: str
    message: str


class ExportShape(BaseModel):
    """An export and how far it has come; `progress` is 0 to 1."""

    id: int
    kind: Name
    title: str
    format: Format
    datum: str
    encoding: Encoding
    purpose: str
    division_code: str
    set_name: str | None
    state: State
    progress: float
    fault: str | None
    file_name: str | None
    size_bytes: int | None
    row_count: int | None
    notes: list[ExportNote]
    created_at: datetime
    finished_at: datetime | None
    removed_at: datetime | None

    @classmethod
    def of(cls, export: Export, language: Language) -> "ExportShape":
        """Return the export as the API tells it."""
        same: dict[str, Any] = {
            name: getattr(export, name)
            for name in cls.model_fields
            if name not in ("title", "division_code", "set_name", "notes")
        }
        return cls(
            **same,
            title=LAYERS[export.kind].title(language),  # type: ignore[index]
            division_code=text_of(export.division_code),
            set_name=export.options.get("set_name"),
            notes=[ExportNote(**note) for note in told_notes(export.notes, language)],
        )


class ExportPage(BaseModel):
    """The latest exports, newest first."""

    rows: list[ExportShape]
    total: int


class ExportKind(BaseModel):
    """What can be written of one kind: its formats, and whether a day or span chooses rows."""

    kind: Name
    title: str
    has_shape: bool
    formats: list[Format]
    by_day: bool
    by_span: bool
    has_sets: bool


class ExportKinds(BaseModel):
    kinds: list[ExportKind]
    datums: list[str]


class ExportSets(BaseModel):
    sets: list[str]
