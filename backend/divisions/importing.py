"""Divisions from a file: code and outline; level and parent follow from the code."""

import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.columns import Field
from gis.intake import Intake

from ..landing import Berth, Landing, Row, RowRefused, each_row, end_missing, merge, multi
from ..landing import refuse_duplicates as unique
from .codes import level_of, parent, parse

WANTED = "polygon"
FIELDS = (
    Field(
        "code",
        (
            *("代码", "编码", "行政区划代码", "行政区代码", "区划代码", "区划编码", "统计代码"),
            *("adcode", "admincode", "admin_code", "area_code", "xzqdm", "pac", "zldwdm", "编号"),
            *("division_code", "gb", "县代码", "村代码", "乡代码"),
        ),
        is_required=True,
    ),
    Field(
        "name",
        (
            *("名称", "行政区名称", "区划名称", "行政区划名称", "地名", "xzqmc", "mc", "zldwmc"),
            *("area_name", "division_name", "区县", "乡镇名称", "村名"),
        ),
    ),
)
_COLUMNS = ("code", "name", "level", "parent_code")


def read_rows(intake: Intake) -> Landing:
    """Check each row; a code must be a division code of 2, 4, 6, 9 or 12 digits."""
    landing = Landing(_COLUMNS)
    seen: dict[str, int] = {}
    column = next((m.column for m in intake.matching.matched if m.field == "code"), "")

    def take(row: Row) -> None:
        written = row.required("code")
        try:
            code = parse(_without_country(written, column))
        except ValueError as wrong:
            raise RowRefused("code.not_division", "code", found=written[:40]) from wrong
        level = level_of(code)
        if level is None:
            raise RowRefused("code.not_division", "code", found=written[:40])
        unique(seen, str(code), row, "code")
        landing.rows.append((code, row.text("name") or written, int(level), parent(code)))
        landing.keys.append(str(code))
        landing.shapes.append(row.shape)
        landing.row_no.append(row.number)

    each_row(intake, landing, take)
    return landing


def _without_country(written: str, column: str) -> str:
    """Tianditu's `gb` puts the country's number 156 before the six digits of a county."""
    is_national = column.lower() == "gb" and len(written) == 9 and written.startswith("156")
    return written[3:] if is_national else written


def refuse_taken(session: Session, landing: Landing, set_name: str) -> list[tuple[int, str]]:
    """Return (row, set) of codes that another set holds: a code is in force once."""
    taken: dict[int, str] = dict(
        session.execute(
            text(
                "SELECT code, set_name FROM divisions WHERE valid_to IS NULL"
                " AND set_name <> :name AND code = ANY(:codes)"
            ),
            {"name": set_name, "codes": [row[0] for row in landing.rows]},
        ).all()
    )
    numbers = zip(landing.rows, landing.row_no, strict=True)
    return [(number, taken[row[0]]) for row, number in numbers if row[0] in taken]


def write(session: Session, landing: Landing, berth: Berth) -> None:
    """Bring the set to what the file says; divisions it no longer has end today."""
    geometry = multi(landing.shapes, shapely.multipolygons)
    ids = merge(session, berth, landing, geometry)
    end_missing(session, berth, ids, how="close")
