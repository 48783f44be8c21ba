"""What-if over HTTP: what would be seen, of loose changes and of saved scenarios."""

from typing import Annotated

from fastapi import APIRouter, Query

from ...access import CurrentUser, Id, Tx, right
from ..schemas import Reading, Scale
from . import saved
from .schemas import Comparison, WhatIfAnswer, WhatIfOrder
from .turns import Turns

router = APIRouter(prefix="/api", tags=["scenarios"])
_turns = Turns()


@router.post("/coverage/what-if", **right("coverage.plan"))
def what_if(order: WhatIfOrder, user: CurrentUser, tx: Tx) -> WhatIfAnswer:
    """What would be seen if these cameras stood so; of a user's questions the latest is answered.

    While one is being answered a second waits; a third takes the place of the second, which is
    answered 409 `coverage.superseded`.
    """
    from . import whatif  # brings numba, which warm.py loads beside the start

    with _turns.take(user.id):
        return whatif.answer(tx, user, order)


@router.get("/scenarios/compare", **right("coverage.read"))
def compare_scenarios(
    user: CurrentUser,
    tx: Tx,
    ids: Annotated[str, Query(pattern=r"^[1-9]\d{0,17}(,[1-9]\d{0,17}){0,7}$")],
    reading: Reading = "installed",
    scale: Scale = "iec",
) -> Comparison:
    """Up to eight scenarios beside today, over the grids that any of them touches."""
    wanted = list(dict.fromkeys(int(number) for number in ids.split(",")))
    found = [saved.get(tx, number, user) for number in wanted]
    from . import comparing  # brings numba, as above

    return comparing.compare(tx, user, found, (reading, scale))


@router.get("/scenarios/{scenario_id}/figures", **right("coverage.read"))
def read_scenario_figures(
    scenario_id: Id,
    user: CurrentUser,
    tx: Tx,
    reading: Reading = "installed",
    scale: Scale = "iec",
) -> WhatIfAnswer:
    """What would be seen if the scenario were real, beside today."""
    scenario = saved.get(tx, scenario_id, user)
    from . import comparing  # brings numba, as above

    return comparing.figures(tx, user, scenario, (reading, scale))
