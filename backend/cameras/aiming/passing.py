"""The way of a head to where it shall look: round what its picture must not show in passing."""

from __future__ import annotations

import numpy as np

from gis.aimhead import positions_of
from gis.aimlimits import FREE
from gis.aimsweep import ring_entered, route

from .facts import HeadFacts
from .planning import Plan, is_lawful, view_at
from .refusals import WayForbidden

Place = tuple[float, float, float]


def way(facts: HeadFacts, here: Place | None, plan: Plan) -> tuple[Place, ...]:
    """Return the positions to go through before the plan's own command; none: straight on.

    A head that stands in what is forbidden leaves it, by whatever way. One that tells no position
    is judged all round between the view it was last brought to and the next; where it was never
    brought anywhere nobody knows what it shows now, and a lawful view is the better one.

    Raises
    ------
    WayForbidden
        Every way there would show what must not be seen.

    """
    if facts.limits.is_empty or plan.view is None:
        return ()
    goal = _goal(facts, plan)
    if facts.model is None or here is None or goal is None:
        _require_ring(facts, plan)
        return ()
    found = route(facts.mount, facts.model, here, goal, facts.limits)
    if found.reached == FREE:
        return found.stops[:-1]
    if is_lawful(facts, view_at(facts, here)):
        raise WayForbidden(area=facts.names_entered(found.reached)[1])
    return ()


def _goal(facts: HeadFacts, plan: Plan) -> Place | None:
    if plan.position is not None:
        return plan.position
    if facts.model is None or plan.view is None:
        return None
    positions, reached = positions_of(facts.model, plan.view)
    pan, tilt, zoom = (float(value) for value in positions[0])
    return (pan, tilt, zoom) if reached[0] else None


def _require_ring(facts: HeadFacts, plan: Plan) -> None:
    last = facts.last_view
    if last is None or plan.view is None or not is_lawful(facts, last):
        return
    both = [
        np.concatenate([getattr(last, name), getattr(plan.view, name)])
        for name in ("azimuth_deg", "tilt_deg", "fov_deg")
    ]
    if np.allclose([column[0] for column in both], [column[1] for column in both], atol=0.5):
        return
    reached = int(ring_entered(facts.mount, last, plan.view, facts.limits)[0])
    if reached != FREE:
        raise WayForbidden(area=facts.names_entered(reached)[1])
