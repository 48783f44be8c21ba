"""限制区域: where the law forbids cameras, or asks for consent first (Order 799 Art. 8, 10)."""

from typing import Any

from sqlalchemy import BigInteger, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table
from ..spatial import geometry_column


class RestrictedArea(Table):
    """Land on which no camera may stand: never, or not before a consent is on file."""

    __tablename__ = "restricted_areas"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    set_name: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    consent_document: Mapped[str | None]
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    geom: Mapped[Any] = geometry_column("MULTIPOLYGON")
