"""Ranked units as the API shows them."""

from datetime import datetime

from .ranking import Candidate, Excluded
from .schemas import ExcludedRow, HeardAt, NearRow


def near_row(found: Candidate, now: datetime) -> NearRow:
    """Return a unit that can go, with its reasons."""
    unit = found.unit
    same = ("id", "code", "name", "kind", "vehicle", "skills", "strength", "is_team", "load")
    return NearRow.model_validate(
        {name: unit[name] for name in same}
        | {
            "on_duty": True,
            "position": HeardAt(
                lon=unit["lon"],
                lat=unit["lat"],
                at=unit["at"],
                accuracy_m=unit["accuracy_m"],
                speed_mps=unit["speed_mps"],
                age_s=round((now - unit["at"]).total_seconds(), 1),
            ),
            "straight_m": round(unit["straight_m"], 1),
            "travel_s": round(found.journey.travel_s, 1),
            "travel_m": round(found.journey.travel_m, 1),
            "how": found.journey.how,
            "how_why": found.journey.why,
            "cost_s": round(found.cost_s, 1),
            "why": found.why,
        }
    )


def excluded_row(found: Excluded) -> ExcludedRow:
    """Return a unit that is not proposed, with what speaks against it."""
    same = {name: found.unit[name] for name in ("id", "code", "name", "kind")}
    return ExcludedRow.model_validate(same | {"reason": found.reason, "why": found.why})
