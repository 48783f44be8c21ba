"""Places from a file: a name and kind, at a point or with an outline; key places are marked.

An outline is kept, and a point inside it is where the place is found.
"""

from typing import Any

import shapely
from sqlalchemy.orm import Session

from gis.cells import yes_of
from gis.columns import Field
from gis.intake import Intake

from ..divisions import assigning
from ..initials import initials_of
from ..landing import (
    Berth,
    Landing,
    Row,
    each_row,
    end_missing,
    merge,
    multi,
    numbered,
    spot_key,
    spots,
)
from ..landing import refuse_duplicates as unique
from ..spatial import to_hex_ewkb

WANTED = "point_or_polygon"
FIELDS = (
    Field("name", ("名称", "地名", "场所名称", "单位名称", "mc", "title"), is_required=True),
    Field("code", ("编码", "编号", "代码", "place_id", "poi_id")),
    Field("kind", ("类别", "类型", "分类", "category", "type", "amenity", "poi_type")),
    Field("is_key", ("重点", "重点部位", "是否重点", "key", "is_key_place")),
    Field("weight", ("权重", "重要性", "importance")),
    Field("address", ("地址", "详细地址", "位置", "addr", "location")),
)
_COLUMNS = (
    *("code", "name", "initials", "kind", "weight", "is_key", "address", "outline"),
    "division_code",
)


def read_rows(intake: Intake) -> Landing:
    """Check each row; a place without a name is refused."""
    landing = Landing(_COLUMNS)
    codes: dict[str, int] = {}
    taken: set[str] = set()

    def take(row: Row) -> None:
        name = row.required("name")
        code = row.text("code")
        if code is not None:
            unique(codes, code, row, "code")
        weight = row.number_in("weight", 0.0, 1e6)
        spot, outline = _spot_and_outline(row.shape)
        key = f"c:{code}" if code else spot_key(name, spot.x, spot.y)
        landing.keys.append(numbered(taken, key))
        taken.add(landing.keys[-1])
        landing.rows.append(
            (
                *(code, name, initials_of(name), row.text("kind") or "other"),
                *(1.0 if weight is None else weight, bool(yes_of(row.cell("is_key")))),
                *(row.text("address"), outline, assigning.NOWHERE),
            )
        )
        landing.shapes.append(spot)
        landing.row_no.append(row.number)

    each_row(intake, landing, take)
    return landing


def _spot_and_outline(shape: Any) -> tuple[shapely.Point, str | None]:
    """Return where a place is found, and its outline as COPY takes it; a point has none."""
    if isinstance(shape, shapely.Point):
        return shape, None
    return shapely.Point(spots([shape])[0]), multi([shape], shapely.multipolygons)[0]


def locate(session: Session, landing: Landing) -> list[int]:
    """Fill in the division each place lies in, and return them."""
    codes = assigning.locate(session, assigning.as_points(landing.shapes))
    landing.rows = [(*row[:-1], code) for row, code in zip(landing.rows, codes, strict=True)]
    return codes


def write(session: Session, landing: Landing, berth: Berth) -> None:
    """Bring the set to what the file says; places it no longer has are removed."""
    ids = merge(session, berth, landing, to_hex_ewkb(landing.shapes))
    end_missing(session, berth, ids, how="delete")
