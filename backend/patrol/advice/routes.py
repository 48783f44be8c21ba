"""`POST /api/patrol/advice`: the shortest extra loop that clears overdue grids."""

from datetime import UTC, datetime

from fastapi import APIRouter

from ...access import CurrentUser, Tx, right
from ..units import listing
from .schemas import LoopAnswer, LoopOrder

router = APIRouter(prefix="/api/patrol", tags=["patrol"])


@router.post("/advice", **right("patrol.read"))
def advise_loop(order: LoopOrder, user: CurrentUser, tx: Tx) -> LoopAnswer:
    """The shortest loop for a unit through overdue grids, with a bound; it changes nothing."""
    from .advising import advise  # brings OR-Tools where the search needs it

    unit = listing.one(tx, order.unit_id, by=user, now=datetime.now(UTC))
    return advise(tx, unit, order, by=user)
