"""Coverage at the API: figures by subject, their history, gaps, losses, and the refresh."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from ..accounts.access import CurrentUser, Tx, right
from ..divisions.codes import text_of
from ..divisions.extent import DIVISION_FORM, extent_of
from ..errors import NotFound
from ..grids.versions import one_of
from ..grids.whose import ByGrids
from . import figures, gaps, history, losses
from .bands import PX_PER_M, BandCode
from .schemas import (
    CoverageSummary,
    DayPage,
    FigurePage,
    GapPage,
    LossPage,
    Measure,
    Reading,
    RefreshOrder,
    Scale,
    SubjectKind,
    SubjectSheet,
)
from .waiting import ask_for_all

router = APIRouter(prefix="/api/coverage", tags=["coverage"])

Division = Annotated[str | None, Query(pattern=DIVISION_FORM)]
_BY_GRIDS = "by the grids of then: its version of each day; of today: its ground before it began"
Limit = Annotated[int, Query(ge=1, le=1000)]
SubjectId = Annotated[int, Path(ge=0, le=2**63 - 1)]
Sort = Literal[
    "name",
    "code",
    "none",
    "one",
    "overview",
    "outline",
    "discern",
    "perceive",
    "detect",
    "observe",
    "recognise",
    "identify",
]


@router.get("/summary", **right("coverage.read"))
def read_summary(user: CurrentUser, tx: Tx, division: Division = None) -> CoverageSummary:
    """A division at a glance, by default the whole jurisdiction."""
    return figures.summary(tx, extent_of(tx, user, division))


@router.get("/figures", **right("coverage.read"))
def list_figures(
    *,
    user: CurrentUser,
    tx: Tx,
    subject: SubjectKind = "grid",
    division: Division = None,
    reading: Reading = "installed",
    measure: Measure = "area",
    scale: Scale = "iec",
    sort: Sort = "code",
    descending: bool = False,
    level: Annotated[int, Query(ge=0, le=5, description="divisions of one level; 0: all")] = 0,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Limit = 100,
) -> FigurePage:
    """Grids, divisions or key places of a division with the bands of one scale."""
    listing = figures.Listing(
        subject, reading, measure, scale, sort, descending, offset, limit, level
    )
    return figures.page(tx, extent_of(tx, user, division), listing)


@router.get("/figures/{subject}/{subject_id}", **right("coverage.read"))
def read_figures(
    subject: SubjectKind,
    subject_id: SubjectId,
    *,
    user: CurrentUser,
    tx: Tx,
    reading: Reading = "installed",
    band: BandCode = "overview",
) -> SubjectSheet:
    """One subject: every figure, the cameras that reach it, its gaps at one reading and band."""
    extent = extent_of(tx, user, None)
    found = figures.subject(tx, extent, subject, subject_id)
    measures, computed = figures.measures(tx, subject, subject_id)
    own = extent_of(tx, user, text_of(subject_id)) if subject == "division" else extent
    return SubjectSheet(
        **found.model_dump(),
        measures=measures,
        cameras=figures.covering(tx, extent, subject, subject_id),
        gaps=gaps.of_subject(tx, own, found, gaps.Choice(reading, PX_PER_M[band], 50)),
        computed_at=computed.computed_at,
        method=computed.method,
    )


@router.get("/history", **right("coverage.read"))
def read_history(
    *,
    user: CurrentUser,
    tx: Tx,
    subject: SubjectKind,
    subject_id: Annotated[int, Query(ge=0, le=2**63 - 1)],
    reading: Reading = "installed",
    measure: Measure = "area",
    band: BandCode = "overview",
    days: Annotated[int, Query(ge=1, le=3660)] = 90,
    by: Annotated[ByGrids, Query(alias="grids", description=_BY_GRIDS)] = "today",
) -> DayPage:
    """One subject's shares by day; a grid's by its versions of then, or by its ground of today."""
    course = history.Course(subject, subject_id, reading, measure, PX_PER_M[band], days)
    if subject == "grid":
        grid = one_of(tx, user.scope, subject_id)
        if by == "today" and grid.valid_to is not None:
            raise NotFound()
        return history.days_of_grid(tx, course, grid, by, user.scope)
    if not (subject == "division" and subject_id == 0):
        figures.subject(tx, extent_of(tx, user, None), subject, subject_id)
    return history.days(tx, course)


@router.get("/gaps", **right("coverage.read"))
def list_gaps(
    *,
    user: CurrentUser,
    tx: Tx,
    division: Division = None,
    reading: Reading = "installed",
    band: BandCode = "overview",
    limit: Limit = 100,
) -> GapPage:
    """Ground that no camera sees, heaviest pieces first."""
    choice = gaps.Choice(reading, PX_PER_M[band], limit)
    return gaps.page(tx, extent_of(tx, user, division), choice)


@router.get("/losses", **right("coverage.read"))
def list_losses(
    *,
    user: CurrentUser,
    tx: Tx,
    division: Division = None,
    reading: Reading = "installed",
    band: BandCode = "overview",
    order: Literal["least", "most"] = "most",
    limit: Limit = 100,
) -> LossPage:
    """Cameras whose failure would cost most, or nothing."""
    choice = losses.Choice(reading, PX_PER_M[band], order, limit)
    return losses.page(tx, extent_of(tx, user, division), choice)


@router.post("/refresh", status_code=202, **right("coverage.plan"))
def refresh_coverage(tx: Tx) -> RefreshOrder:
    """Have all figures computed anew; they otherwise follow what changes."""
    ask_for_all(tx)
    return RefreshOrder(is_waiting=True)
