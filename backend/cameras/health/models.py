"""健康: what the looks at a camera's pictures showed, what its view is compared with, its turns."""

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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ...accounts.models import User
from ...db import Table

ViewState = Literal["unknown", "in_order", "moved", "covered", "black", "frozen", "blurred"]
"""What a camera's pictures show; whether pictures come at all stands in `cameras.is_alive`."""

Light = Literal["day", "night"]


class CameraHealth(Table):
    """健康 of one camera; `withdrawn` is the fault of view that was set for it, by whom else none.

    A state is entered after `suspicions` equal looks in a row; `print` and `still_*` tell a
    frozen picture from a calm one.
    """

    __tablename__ = "camera_health"

    camera_id: Mapped[int] = mapped_column(
        ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True
    )
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    claimed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sampled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    state: Mapped[ViewState] = mapped_column(Text, server_default=text("'unknown'"))
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    suspected: Mapped[str | None]
    suspicions: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    verdicts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    print: Mapped[bytes | None] = mapped_column(LargeBinary)
    still_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    still_looks: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    withdrawn: Mapped[str | None]
    unread: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    clock_due_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    clock_offset_s: Mapped[float | None]
    clock_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    firmware: Mapped[str | None]


class CameraReference(Table):
    """基准: the fixed corners of a camera's view by day or by night. Features, never a picture."""

    __tablename__ = "camera_references"

    camera_id: Mapped[int] = mapped_column(
        ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True
    )
    light: Mapped[Light] = mapped_column(Text, primary_key=True)
    features: Mapped[bytes] = mapped_column(LargeBinary)
    looks: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))


class CameraTurn(Table):
    """One turn of a camera's health, with the figures it rests on; `user_id` where a person did."""

    __tablename__ = "camera_turns"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("clock_timestamp()")
    )
    what: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
