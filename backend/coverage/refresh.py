"""Coverage brought up to date: take the marks -> count what they concern -> write.

One transaction: a refresh that is killed leaves the figures and the marks as they were. Refreshes
take turns until their commit, so that older facts are never stored over newer ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.coverage import Figures

from ..cameras.status import out_of_service
from ..live import Notice, announce
from ..settings import load
from . import counting, dirty, grounds, history, subjects
from .facts import facts_of
from .ground_rows import Target, store_grounds
from .loss_rows import Scene, store_losses
from .storing import forget_gone, store_figures, store_sights, store_sums

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('coverage.turn'))")
_NUMBER = text("SELECT txid_current()")

Rows = NDArray[np.intp]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many subjects were counted: in both readings, and in that of now alone."""

    both: int
    now: int
    method: str


def refresh(session: Session) -> Refreshed:
    """Count anew what has changed since the last refresh, in the caller's transaction."""
    session.execute(_TURN)
    marks = dirty.take(session)
    cameras = grounds.current(session)
    land = subjects.current(session, cameras.lookout.frame, cameras.scene.obstacles)
    work = dirty.work_of(session, marks, cameras, land)
    out = out_of_service(session)
    gone = forget_gone(session, land)
    facts = facts_of(session, land)
    many = len(work.all) > load().coverage.exact_grids
    by_cells = many or cameras.scene.terrain is not None
    for reading_rows in (work.both, work.now):
        if by_cells and len(reading_rows):
            is_both = reading_rows is work.both
            _count_by_cells(session, (cameras, land, out), reading_rows, is_both=is_both)
    _see(Target(session, land, facts), (cameras, land, out), work, counts=not by_cells)
    if len(work.all) or gone:
        store_sums(session, land, [*land.division_code[work.all].tolist(), *gone])
    store_losses(Scene(session, cameras, land, facts, out), work)
    history.keep_today(session)
    announce(session, Notice("coverage", 0, session.scalar(_NUMBER) or 0))
    method = "raster" if by_cells else "exact"
    return Refreshed(len(work.both), len(work.now), method)


Held = tuple[grounds.Held, subjects.Held, Ints]


def _count_by_cells(session: Session, held: Held, rows: Rows, *, is_both: bool) -> None:
    cameras, land, out = held
    installed, now = counting.by_cells(cameras, land, rows, out)
    counted = {"installed": installed, "now": now} if is_both else {"now": now}
    store_figures(session, land, rows, counted, "raster")


def _see(target: Target, held: Held, work: dirty.Work, *, counts: bool) -> None:
    """Work out seen ground some subjects at a time: sights, the map, gaps, and exact figures."""
    cameras, land, out = held
    for rows, readings in ((work.both, ("installed", "now")), (work.now, ("now",))):
        for chunk in counting.exactly(cameras, land, rows, out):
            if counts:
                figures: dict[str, Figures] = {name: chunk.figures(name) for name in readings}
                store_figures(target.session, land, chunk.rows, figures, "exact")
            if "installed" in readings:
                sights = counting.sights_of(chunk, land)
                store_sights(target.session, land, chunk.rows, sights)
            store_grounds(target, chunk, readings)
