"""PTZ heads: what they can do, where they look, who holds them, where they must not look.

Azimuths in degrees clockwise from true north, tilts and depressions below the horizon.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ...accounts.models import User
from ...db import Table

_CAMERA = "cameras.id"


class Head(Table):
    """A PTZ head: what its device says it can do, and how its numbers become directions."""

    __tablename__ = "ptz_heads"

    camera_id: Mapped[int] = mapped_column(
        ForeignKey(_CAMERA, ondelete="CASCADE"), primary_key=True
    )
    division_code: Mapped[int] = mapped_column(BigInteger)
    profile_token: Mapped[str]
    can: Mapped[dict[str, Any]] = mapped_column(JSONB)
    read_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    widest_deg: Mapped[float | None]
    narrowest_deg: Mapped[float | None]
    calibration: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    calibrated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    home_preset_id: Mapped[int | None] = mapped_column(
        ForeignKey("ptz_presets.id", ondelete="SET NULL")
    )
    home_after_s: Mapped[int | None]


class Preset(Table):
    """预置位: a named view; `token` is the device's, pan, tilt and zoom are in its units."""

    __tablename__ = "ptz_presets"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey(_CAMERA, ondelete="CASCADE"))
    division_code: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    token: Mapped[str]
    pan: Mapped[float | None]
    tilt: Mapped[float | None]
    zoom: Mapped[float | None]
    azimuth_deg: Mapped[float | None]
    tilt_deg: Mapped[float | None]
    fov_deg: Mapped[float | None]


class PresetTour(Table):
    """预置位巡航: presets with the seconds at each; it runs while `due_at` is set.

    `token` is the device's own of a tour it keeps; `on_device`: the device runs it, and `due_at` is
    when it is next asked where it stands. `started_by` None while it runs: begun at the device.
    """

    __tablename__ = "ptz_tours"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey(_CAMERA, ondelete="CASCADE"))
    division_code: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    stops: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    token: Mapped[str | None]
    on_device: Mapped[bool] = mapped_column(server_default=text("false"))
    step: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    started_by: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    purpose: Mapped[str | None]
    incident_id: Mapped[int | None] = mapped_column(BigInteger)


class Mask(Table):
    """遮挡扇区: directions in which the picture of this camera never looks."""

    __tablename__ = "ptz_masks"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey(_CAMERA, ondelete="CASCADE"))
    division_code: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    from_deg: Mapped[float]
    to_deg: Mapped[float]
    top_deg: Mapped[float] = mapped_column(server_default=text("-90"))
    bottom_deg: Mapped[float] = mapped_column(server_default=text("90"))


class Lock(Table):
    """云台锁定: who turns a head, until when, and with what priority against others."""

    __tablename__ = "ptz_locks"

    camera_id: Mapped[int] = mapped_column(
        ForeignKey(_CAMERA, ondelete="CASCADE"), primary_key=True
    )
    division_code: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    holder_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    holder_name: Mapped[str]
    priority: Mapped[int]
    purpose: Mapped[str]
    incident_id: Mapped[int | None] = mapped_column(BigInteger)
    taken_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class HeadPosition(Table):
    """Where a head was last known to look; None = not known. Nothing is recomputed from it."""

    __tablename__ = "ptz_positions"

    camera_id: Mapped[int] = mapped_column(
        ForeignKey(_CAMERA, ondelete="CASCADE"), primary_key=True
    )
    division_code: Mapped[int] = mapped_column(BigInteger)
    pan: Mapped[float | None]
    tilt: Mapped[float | None]
    zoom: Mapped[float | None]
    azimuth_deg: Mapped[float | None]
    tilt_deg: Mapped[float | None]
    fov_deg: Mapped[float | None]
    error_deg: Mapped[float | None]
    method: Mapped[str]
    moved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    home_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
