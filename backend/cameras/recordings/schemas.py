"""Shapes of the recordings API; times are true time, the device's clock is corrected."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RecordingSpan(_Shape):
    """A stretch without interruption."""

    since: datetime = Field(serialization_alias="from")
    until: datetime = Field(serialization_alias="to")


class RecordingsPage(_Shape):
    """What a camera's device has recorded of a range of time."""

    camera_id: int
    since: datetime = Field(serialization_alias="from")
    until: datetime = Field(serialization_alias="to")
    origin: Literal["search", "range", "none"] = Field(
        description="ONVIF search, the stream's own description, or no recordings at all"
    )
    knows_gaps: bool = Field(description="false: interruptions within a span would not show")
    clock_offset_s: float = Field(description="how far the device's clock runs ahead, corrected")
    clock_error_s: float | None = Field(
        description="half the width of what is not known of that; null: the device does not tell"
    )
    spans: list[RecordingSpan]
