"""Reports at the API."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ...divisions.codes import text_of
from ...divisions.extent import DIVISION_FORM
from .models import Report

Kind = Literal["xlsx", "pdf", "html"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]


class ReportOrder(BaseModel):
    """What to write; without a division, on the caller's whole jurisdiction."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    division: str | None = Field(default=None, pattern=DIVISION_FORM)
    language: Literal["zh", "en"] | None = None


class ReportShape(BaseModel):
    """A report and how far it has come; `progress` is 0 to 1."""

    id: int
    kind: Kind
    division_code: str
    state: State
    progress: float
    step: str
    fault: str | None
    file_name: str | None
    size_bytes: int | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, report: Report) -> "ReportShape":
        """Return the report as the API tells it."""
        return cls.model_validate(
            {
                name: getattr(report, name)
                for name in cls.model_fields
                if name not in ("division_code",)
            }
            | {"division_code": text_of(report.division_code)}
        )


class ReportPage(BaseModel):
    """The latest reports, newest first."""

    rows: list[ReportShape]
    total: int
