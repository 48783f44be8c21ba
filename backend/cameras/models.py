"""摄像机: the registry, each sensor's pose, the device behind it, and its stored viewshed."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.models import User
from ..db import Table
from ..spatial import geometry_column

Source = Literal["stated", "drawn", "calibrated"]
"""Where a pose comes from: imported or typed, turned on the map, or from landmarks."""


class Camera(Table):
    """A camera's place and state. `is_alive` comes from frames received; None = never tried."""

    __tablename__ = "cameras"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    set_name: Mapped[str]
    code: Mapped[str | None]
    name: Mapped[str]
    initials: Mapped[str] = mapped_column(server_default=text("''"))
    kind: Mapped[str] = mapped_column(server_default=text("'other'"))
    has_ptz: Mapped[bool] = mapped_column(server_default=text("false"))
    height_m: Mapped[float | None]
    width_px: Mapped[int | None]
    address: Mapped[str | None]
    managing_unit: Mapped[str | None]
    use_type: Mapped[str | None]
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    is_alive: Mapped[bool | None]
    status_reason: Mapped[str | None]
    view_fault: Mapped[str | None]
    last_frame_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    geom: Mapped[Any] = geometry_column("POINT")

    poses: Mapped[list["Pose"]] = relationship(order_by="Pose.sensor_no", lazy="selectin")
    device: Mapped["Device | None"] = relationship(lazy="selectin")


class Pose(Table):
    """Where one sensor looks. None = unknown; an error is half the width of what it may be."""

    __tablename__ = "poses"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    sensor_no: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    azimuth_deg: Mapped[float | None]
    azimuth_error_deg: Mapped[float] = mapped_column(server_default=text("0"))
    tilt_deg: Mapped[float | None]
    tilt_error_deg: Mapped[float] = mapped_column(server_default=text("0"))
    fov_deg: Mapped[float | None]
    fov_error_deg: Mapped[float] = mapped_column(server_default=text("0"))
    source: Mapped[Source] = mapped_column(Text, server_default=text("'stated'"))
    range_m: Mapped[float | None]


class Device(Table):
    """The ONVIF device behind a camera; `secret` is the encrypted user name and password.

    A recorder has a row for each of its cameras: the same address, another `channel`. The database
    keeps login and `auth_state` the same for all of them.
    """

    __tablename__ = "devices"

    camera_id: Mapped[int] = mapped_column(
        ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True
    )
    address: Mapped[str]
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    information: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    profiles: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    auth_state: Mapped[str] = mapped_column(server_default=text("'unknown'"))
    channel: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    source_token: Mapped[str | None]
    identities: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    quirks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    enrolled_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )


class Viewshed(Table):
    """可视域 of one sensor: ground certainly and possibly seen; areas in m²."""

    __tablename__ = "viewsheds"

    pose_id: Mapped[int] = mapped_column(
        ForeignKey("poses.id", ondelete="CASCADE"), primary_key=True
    )
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    certain: Mapped[Any] = geometry_column("MULTIPOLYGON", nullable=True)
    possible: Mapped[Any] = geometry_column("MULTIPOLYGON", nullable=True)
    certain_area_m2: Mapped[float] = mapped_column(server_default=text("0"))
    possible_area_m2: Mapped[float] = mapped_column(server_default=text("0"))
    is_stale: Mapped[bool] = mapped_column(server_default=text("false"))
    computed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )


class CameraCheck(Table):
    """A run of checks that showed the same, from `at` to `last_at` (None: a single check)."""

    __tablename__ = "camera_checks"

    camera_id: Mapped[int] = mapped_column(
        ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    last_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    checks: Mapped[int] = mapped_column(server_default=text("1"))
    has_frames: Mapped[bool]
    reason: Mapped[str | None]


class Stream(Table):
    """One opening of a picture: its single-use ticket, who and why, and what came of it.

    It stays when the camera is taken down, so `camera_id` refers to no row for sure. A replay has
    the range of true time it may show and the speed it begins with.
    """

    __tablename__ = "streams"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    ticket_hash: Mapped[bytes] = mapped_column(LargeBinary)
    kind: Mapped[str]
    camera_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    division_code: Mapped[int] = mapped_column(BigInteger)
    purpose: Mapped[str]
    incident_id: Mapped[int | None] = mapped_column(BigInteger)
    profile: Mapped[str]
    replay_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    replay_to: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    speed: Mapped[float | None]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    bytes_sent: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    end_reason: Mapped[str | None]
    gateway_session: Mapped[str | None]


class Purpose(Table):
    """调阅事由: the stated reason without which no picture opens."""

    __tablename__ = "purposes"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    needs_incident: Mapped[bool] = mapped_column(server_default=text("false"))
    position: Mapped[int]
