"""Figures, sights and sums written: a COPY and a statement each, in the caller's transaction."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.coverage import MEASURES, Figures

from ..landing import copy_rows
from .counting import Sight
from .subjects import Held as Land
from .summing import WHOLE, lineages

Rows = NDArray[np.intp]

_COLUMNS = (
    *("subject_kind", "subject_id", "division_code", "reading", "measure", "px_per_m"),
    *("total", "certain", "possible", "one", "more", "method"),
)
_LIST = ", ".join(_COLUMNS)
_STAGE = text("CREATE TEMP TABLE counted (LIKE coverage_figures INCLUDING DEFAULTS) ON COMMIT DROP")
_UNSTAGE = text("DROP TABLE counted")
_UPSERT = (
    "ON CONFLICT (subject_kind, subject_id, reading, measure, px_per_m) DO UPDATE SET"
    " division_code = excluded.division_code, total = excluded.total, certain = excluded.certain,"
    " possible = excluded.possible, one = excluded.one, more = excluded.more,"
    " method = excluded.method, computed_at = now()"
)
_STORE = text(f"INSERT INTO coverage_figures ({_LIST}) SELECT {_LIST} FROM counted {_UPSERT}")  # noqa: S608

# Subjects that are in force no longer take their figures with them; so do divisions.
_FORGET = text(
    "DELETE FROM coverage_figures f WHERE method <> 'sum' AND NOT EXISTS ("
    "  SELECT FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[])) s(kind, id)"
    "  WHERE s.kind = f.subject_kind AND s.id = f.subject_id)"
    " RETURNING subject_kind, subject_id, division_code"
)
_FORGET_SIGHTS = text(
    "DELETE FROM coverage_sights WHERE (subject_kind, subject_id) IN ("
    " SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[])))"
)
_FORGET_SUMS = text(
    "DELETE FROM coverage_figures WHERE subject_kind = 'division' AND method = 'sum'"
    " AND (subject_id = ANY(:codes) OR subject_id <> ALL(:known))"
)
# Pairs of a subject and a division above it: each ground is in a sum once.
_SUM = text(
    f"INSERT INTO coverage_figures ({_LIST})"  # noqa: S608  fixed column names
    " SELECT 'division', u.above, u.above, f.reading, f.measure, f.px_per_m, sum(f.total),"
    "  sum(f.certain), sum(f.possible), sum(f.one), sum(f.more), 'sum'"
    " FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[]), CAST(:above AS bigint[]))"
    "  u(kind, id, above)"
    " JOIN coverage_figures f ON f.subject_kind = u.kind AND f.subject_id = u.id"
    " GROUP BY u.above, f.reading, f.measure, f.px_per_m"
)


def store_figures(
    session: Session, land: Land, rows: Rows, counted: dict[str, Figures], method: str
) -> None:
    """Write the figures of some subjects; `counted` by reading, along `rows`."""
    session.execute(_STAGE)
    copy_rows(session, "counted", _COLUMNS, _records(land, rows, counted, method))
    session.execute(_STORE)
    session.execute(_UNSTAGE)


def _records(
    land: Land, rows: Rows, counted: dict[str, Figures], method: str
) -> Iterator[tuple[Any, ...]]:
    for reading, figures in counted.items():
        totals, seen = figures.totals.tolist(), figures.seen.tolist()
        for place, row in enumerate(rows.tolist()):
            subject = (str(land.kinds[row]), int(land.ids[row]), int(land.division_code[row]))
            for number, measure in enumerate(MEASURES):
                for px_per_m, amounts in zip(figures.px_per_m, seen[number][place], strict=True):
                    total = totals[number][place]
                    yield (*subject, reading, measure, px_per_m, total, *amounts, method)


def store_sights(session: Session, land: Land, rows: Rows, sights: Iterable[Sight]) -> None:
    """Replace who reaches some subjects."""
    session.execute(_FORGET_SIGHTS, _named(land, rows))
    columns = ("camera_id", "subject_kind", "subject_id", "division_code", "seen_m2")
    records = (
        (
            sight.camera_id,
            str(land.kinds[sight.row]),
            int(land.ids[sight.row]),
            int(land.division_code[sight.row]),
            sight.seen_m2,
        )
        for sight in sights
    )
    copy_rows(session, "coverage_sights", columns, records)


def forget_gone(session: Session, land: Land) -> list[int]:
    """Delete figures of subjects no longer in force; return the divisions they lay in."""
    every = np.arange(len(land))
    gone = session.execute(_FORGET, _named(land, every)).all()
    if gone:
        kinds, ids = [row[0] for row in gone], [row[1] for row in gone]
        session.execute(_FORGET_SIGHTS, {"kinds": kinds, "ids": ids})
    return [int(code) for _, _, code in gone]


def store_sums(session: Session, land: Land, changed: Iterable[int]) -> None:
    """Write anew the sums of all divisions above the codes that changed."""
    known = {WHOLE, *land.known_divisions.tolist()}
    lines = lineages(np.array(sorted(set(changed)), dtype=np.int64))
    affected = {above for line in lines.values() for above in line}
    bare = set(land.ids[land.kinds == "division"].tolist())
    session.execute(_FORGET_SUMS, {"codes": sorted(affected), "known": sorted(known)})
    summed = np.flatnonzero(land.is_summed)
    above_of = lineages(land.division_code[summed])
    pairs = [
        (str(land.kinds[row]), int(land.ids[row]), above)
        for row in summed.tolist()
        for above in above_of[int(land.division_code[row])]
        if above in affected and above in known and above not in bare
    ]
    kinds, ids, above = zip(*pairs, strict=True) if pairs else ((), (), ())
    session.execute(_SUM, {"kinds": list(kinds), "ids": list(ids), "above": list(above)})


def _named(land: Land, rows: Rows) -> dict[str, list[Any]]:
    return {"kinds": land.kinds[rows].tolist(), "ids": land.ids[rows].tolist()}
