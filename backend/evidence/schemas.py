"""The shapes of evidence at the API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from ..strict import Strict
from .keys import fingerprint_of, pem_of
from .models import Evidence, EvidenceKey, EvidenceMark, EvidencePart, Kind, State
from .storing import Room

BigId = Annotated[int, Field(ge=1, le=2**63 - 1)]
PurposeCode = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


class ClipIn(Strict):
    camera_id: BigId
    before_s: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] | None = None
    stop_after_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] | None = None
    purpose: PurposeCode = "incident"


class RecordingIn(Strict):
    """A stretch of what the device behind a camera has recorded; true time."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    camera_id: BigId
    from_at: AwareDatetime = Field(alias="from")
    to_at: AwareDatetime = Field(alias="to")
    purpose: PurposeCode = "incident"


class SnapshotIn(Strict):
    camera_id: BigId
    purpose: PurposeCode = "incident"


class MarkIn(Strict):
    """`at` is when it was seen; now when it is left out."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    at: AwareDatetime | None = None
    camera_id: BigId | None = None


class HoldIn(Strict):
    """`held: false` releases it."""

    held: bool = True
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class MaskIn(Strict):
    """An area to cover, drawn by hand: corners as shares of width and height from the upper left.

    Without times it is covered throughout; `part` limits it to one part of a clip.
    """

    points: Annotated[list[tuple[Unit, Unit]], Field(min_length=3, max_length=200)]
    from_s: Seconds | None = None
    to_s: Seconds | None = None
    part: Annotated[int, Field(ge=0, le=999)] | None = None


class PublicationIn(Strict):
    masks: Annotated[list[MaskIn], Field(max_length=100)]
    purpose: PurposeCode = "incident"


class PartOut(BaseModel):
    no: int
    file: str
    media_type: str
    sha256: str
    size_bytes: int
    first_at: datetime
    last_at: datetime
    codec: str | None
    width_px: int | None
    height_px: int | None
    frames: int | None


class GapOut(BaseModel):
    from_at: datetime
    to_at: datetime
    reason: str


class EvidenceOut(BaseModel):
    """A piece of evidence; `manifest_sha256`, `key_id` and `register_seq` once it is sealed."""

    id: int
    kind: Kind
    state: State
    incident_id: int
    camera_id: int
    camera_name: str
    original_id: int | None
    purpose: str
    made_by_name: str
    stopped_by_name: str | None
    before_s: float
    asked_at: datetime
    stop_at: datetime | None
    first_at: datetime | None
    last_at: datetime | None
    duration_s: float | None
    size_bytes: int
    gaps: list[GapOut]
    masks: list[MaskIn]
    end_reason: str | None
    manifest_sha256: str | None
    key_id: str | None
    register_seq: int | None
    sealed_at: datetime | None
    held_at: datetime | None
    held_by_name: str | None
    hold_reason: str | None
    deleted_at: datetime | None
    delete_reason: str | None
    version: int
    parts: list[PartOut]


class MarkOut(BaseModel):
    id: int
    at: datetime
    text: str
    camera_id: int | None
    camera_name: str | None
    made_by_name: str
    created_at: datetime


class StorageOut(BaseModel):
    """How full the store is: `full` refuses new clips."""

    state: Literal["ok", "tight", "full"]
    used_bytes: int
    held_bytes: int
    budget_bytes: int
    free_bytes: int
    spare_bytes: int


class EvidenceList(BaseModel):
    evidence: list[EvidenceOut]
    marks: list[MarkOut]
    storage: StorageOut
    as_of: datetime


class KeyOut(BaseModel):
    id: str
    public_key_pem: str
    fingerprint: str
    created_at: datetime
    retired_at: datetime | None


class KeyList(BaseModel):
    keys: list[KeyOut]


def evidence_out(row: Evidence, parts: list[EvidencePart]) -> EvidenceOut:
    """Return a piece of evidence as it is told."""
    own = ("manifest_sha256", "parts")
    fields = {n: getattr(row, n) for n in EvidenceOut.model_fields if n not in own}
    digest = row.manifest_sha256.hex() if row.manifest_sha256 else None
    told = [_part_out(part) for part in parts]
    return EvidenceOut.model_validate(fields | {"manifest_sha256": digest, "parts": told})


def mark_out(row: EvidenceMark) -> MarkOut:
    return MarkOut.model_validate({n: getattr(row, n) for n in MarkOut.model_fields})


def storage_out(room: Room) -> StorageOut:
    return StorageOut(
        state=room.state,
        used_bytes=room.used,
        held_bytes=room.held,
        budget_bytes=room.budget,
        free_bytes=room.free,
        spare_bytes=room.spare,
    )


def key_out(row: EvidenceKey) -> KeyOut:
    return KeyOut(
        id=row.id,
        public_key_pem=pem_of(row.public_key),
        fingerprint=fingerprint_of(row.public_key),
        created_at=row.created_at,
        retired_at=row.retired_at,
    )


def _part_out(part: EvidencePart) -> PartOut:
    fields = {n: getattr(part, n) for n in PartOut.model_fields if n != "sha256"}
    return PartOut.model_validate(fields | {"sha256": part.sha256.hex()})
