"""What the clocks are of: grids in force and key places, with what cameras see of each."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.eyeson import Ground, Runs, Sights

from ..cameras import checks
from ..coverage.bands import PX_PER_M
from ..settings import load

Ints = NDArray[np.int64]

# Whole tables: every clock is looked at. The owner's eyes: a neighbour's camera sees as well.
_SUBJECTS = text(
    "SELECT s.*, coalesce(f.total, 0) AS total, coalesce(f.certain, 0) AS certain,"
    " coalesce(f.possible, 0) AS possible FROM ("
    "  SELECT 'grid' AS subject_kind, id, kind, division_code FROM grids WHERE valid_to IS NULL"
    "  UNION ALL SELECT 'place', id, kind, division_code FROM places WHERE is_key) s"
    " LEFT JOIN coverage_figures f ON f.subject_kind = s.subject_kind AND f.subject_id = s.id"
    "  AND f.reading = 'installed' AND f.measure = 'area' AND f.px_per_m = :px_per_m"
    " ORDER BY s.subject_kind, s.id"
)
_SIGHTS = text(
    "SELECT s.camera_id, s.subject_kind, s.subject_id, s.seen_m2, c.view_fault IS NOT NULL"
    " FROM coverage_sights s JOIN cameras c ON c.id = s.camera_id"
    " WHERE s.subject_kind IN ('grid', 'place')"
)
# Index: camera_checks_end_idx.
_RUNS = text(
    "SELECT camera_id, extract(epoch FROM at)::float8, extract(epoch FROM least("
    "  coalesce(last_at, at) + make_interval(secs => :hold_s), next_at))::float8, has_frames"
    " FROM (SELECT camera_id, at, last_at, has_frames,"
    "   lead(at) OVER (PARTITION BY camera_id ORDER BY at) AS next_at FROM camera_checks"
    "   WHERE coalesce(last_at, at) >= CAST(:since AS timestamptz)"
    "    - make_interval(secs => :hold_s)) k"
    " WHERE at < :until"
)


@dataclass(frozen=True, slots=True)
class Subjects:
    """Along the first axis: kind, id, what the deadlines go by, and their ground."""

    subject_kind: tuple[str, ...]
    ids: Ints
    kind: tuple[str, ...]
    division_code: Ints
    ground: Ground
    sights: Sights
    camera_ids: Ints
    """Ids of the numbers that `sights` and runs name cameras by."""
    is_faulty: NDArray[np.bool_]
    """Along `camera_ids`: blind or moved, and so no eye."""

    def __len__(self) -> int:
        return len(self.ids)


def read(session: Session) -> Subjects:
    """Return all subjects as coverage knows them now."""
    rows = session.execute(_SUBJECTS, {"px_per_m": PX_PER_M["overview"]}).all()
    kinds = tuple(row.subject_kind for row in rows)
    ids = np.array([row.id for row in rows], dtype=np.int64)
    place = {key: n for n, key in enumerate(zip(kinds, ids.tolist(), strict=True))}
    seen = [row for row in session.execute(_SIGHTS) if (row[1], row[2]) in place]
    camera_ids, first, number = np.unique(
        np.array([row[0] for row in seen], dtype=np.int64), return_index=True, return_inverse=True
    )
    is_faulty = np.array([row[4] for row in seen], dtype=np.bool_)
    return Subjects(
        kinds,
        ids,
        tuple(row.kind for row in rows),
        np.array([row.division_code for row in rows], dtype=np.int64),
        _ground(kinds, np.array([row[4:7] for row in rows], dtype=np.float64).reshape(-1, 3)),
        Sights(
            number.astype(np.int64),
            np.array([place[row[1], row[2]] for row in seen], dtype=np.int64),
            np.array([row[3] for row in seen], dtype=np.float64),
        ),
        camera_ids,
        is_faulty[first],
    )


def _ground(kinds: tuple[str, ...], amounts: NDArray[np.float64]) -> Ground:
    own = load().eyeson
    shares = {"grid": own.grid_share, "place": own.place_share}
    share = np.array([shares[kind] for kind in kinds], dtype=np.float64)
    total, certain, possible = amounts.T
    # Nothing to be seen, as of a place that is all building, is never seen.
    return Ground(certain, possible, np.where(total > 0, share * total, np.inf))


def runs(session: Session, subjects: Subjects, since: datetime, until: datetime) -> Runs:
    """Return when each camera was known to be alive or dead in a period.

    A check speaks for `checks.HOLD` intervals. A blind or moved camera is dead all the time: since
    when it is so nobody has noted.
    """
    hold_s = checks.HOLD * load().media.check_every_s
    asked = {"since": since, "until": until, "hold_s": hold_s}
    rows = np.array(session.execute(_RUNS, asked).all(), dtype=np.float64).reshape(-1, 4)
    camera = np.searchsorted(subjects.camera_ids, rows[:, 0].astype(np.int64))
    camera[camera == len(subjects.camera_ids)] = 0
    is_known = np.zeros(len(rows), dtype=bool)
    if len(subjects.camera_ids):
        is_known = subjects.camera_ids[camera] == rows[:, 0].astype(np.int64)
        is_known &= ~subjects.is_faulty[camera]
    faulty = np.flatnonzero(subjects.is_faulty)
    return Runs(
        np.concatenate([camera[is_known], faulty]).astype(np.int64),
        np.concatenate([rows[is_known, 1], np.full(len(faulty), since.timestamp())]),
        np.concatenate([rows[is_known, 2], np.full(len(faulty), until.timestamp())]),
        np.concatenate([rows[is_known, 3] > 0, np.zeros(len(faulty), dtype=bool)]),
    )
