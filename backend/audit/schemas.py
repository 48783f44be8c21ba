"""The shapes of the register at the API."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from .models import RegisterEntry


class RegisterEntryOut(BaseModel):
    seq: int
    at: datetime
    actor: str
    act: str
    purpose: str | None
    camera_id: int | None
    camera_name: str | None
    incident_id: int | None
    detail: dict[str, Any]
    hash: str

    @classmethod
    def of(cls, row: RegisterEntry) -> "RegisterEntryOut":
        return cls(
            seq=row.seq,
            at=row.at,
            actor=row.actor_name,
            act=row.act,
            purpose=row.purpose,
            camera_id=row.camera_id,
            camera_name=row.camera_name,
            incident_id=row.incident_id,
            detail=row.detail,
            hash=row.hash.hex(),
        )


class RegisterOut(BaseModel):
    entries: list[RegisterEntryOut]


class VerdictOut(BaseModel):
    ok: bool
    count: int
    first_bad: int | None
    reason: str | None
