"""Grids from a file: code, outline, kind; the village by its code, else by where the grid lies."""

from sqlalchemy.orm import Session

from gis.columns import Field
from gis.faults import Note
from gis.intake import Intake

from ..divisions import assigning
from ..divisions.codes import parse
from ..landing import Berth, Landing, Row, each_row, spots
from ..landing import refuse_duplicates as unique
from . import replacing

WANTED = "polygon"
FIELDS = (
    Field(
        "code",
        (
            *("网格编码", "网格代码", "网格编号", "grid_code", "gridcode", "grid_id", "gridid"),
            *("geo_id", "geoid", "编码", "代码", "编号", "wgbm", "wgdm", "plot", "id", "gid"),
        ),
    ),
    Field("name", ("网格名称", "grid_name", "名称", "wgmc", "mc", "title")),
    Field("kind", ("类别", "网格类别", "网格类型", "类型", "grid_kind", "grid_type", "type")),
    Field("division_code", ("所属村码", "村码", "村代码", "所属村", "village_code", "village")),
    Field("households", ("户数", "总户数", "household", "num_households")),
)
_COLUMNS = ("code", "name", "kind", "division_code", "households")
_EXCLUSIVE = ("专属", "专属网格", "exclusive", "special")
_DIVISION = _COLUMNS.index("division_code")


def read_rows(intake: Intake) -> Landing:
    """Check each row; without a code column the row's number in the file is its code."""
    landing = Landing(_COLUMNS)
    is_coded = "code" in intake.columns
    if not is_coded:
        landing.notes.append(Note("code.assigned"))
    seen: dict[str, int] = {}

    def take(row: Row) -> None:
        code = row.required("code") if is_coded else str(row.number)
        unique(seen, code, row, "code")
        kind = "exclusive" if is_exclusive(row.text("kind")) else "basic"
        households = row.whole_in("households", 0, 10_000_000)
        name = row.text("name") or code
        landing.rows.append((code, name, kind, _village(row.text("division_code")), households))
        landing.keys.append(code)
        landing.shapes.append(row.shape)
        landing.row_no.append(row.number)

    each_row(intake, landing, take)
    return landing


def is_exclusive(kind: str | None) -> bool:
    """Return whether a file's word for the kind of a grid means an exclusive one."""
    return (kind or "").lower() in _EXCLUSIVE


def _village(written: str | None) -> int:
    try:
        return parse(written) if written else assigning.NOWHERE
    except ValueError:
        return assigning.NOWHERE


def locate(session: Session, landing: Landing) -> list[int]:
    """Fill in divisions and return them: the stated one if it exists, else the one it lies in."""
    known = assigning.known_codes(session)
    found = assigning.locate(session, spots(landing.shapes))
    stated = [row[_DIVISION] for row in landing.rows]
    codes = [own if own in known else at for own, at in zip(stated, found, strict=True)]
    landing.rows = [
        (*row[:_DIVISION], code, *row[_DIVISION + 1 :])
        for row, code in zip(landing.rows, codes, strict=True)
    ]
    return codes


def write(session: Session, landing: Landing, berth: Berth) -> None:
    """Bring the set to what the file says: a change set of its own where it changes anything.

    A grid with another outline or kind is another version; one that the file no longer has ends.
    """
    replacing.replace_set(session, landing, berth)
