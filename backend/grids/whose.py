"""Whose grids a figure is told by: those of today, or those of then, each for its own time."""

from typing import Literal

ByGrids = Literal["then", "today"]
"""The grids that were in force at the time told of, or those that are in force now."""

#: Of a version of a grid `g`: from when to when it counts, and whether it counts at all.
_SPAN: dict[ByGrids, str] = {
    "today": "CAST('-infinity' AS timestamptz) AS since, CAST('infinity' AS timestamptz) AS until",
    "then": (
        "CAST(g.valid_from AS timestamp) AT TIME ZONE :zone AS since,"
        " coalesce(CAST(g.valid_to AS timestamp) AT TIME ZONE :zone, 'infinity') AS until"
    ),
}
_IN_FORCE: dict[ByGrids, str] = {
    "today": "g.valid_to IS NULL",
    "then": (
        "(g.valid_to IS NULL OR g.valid_to > g.valid_from)"
        " AND CAST(g.valid_from AS timestamp) AT TIME ZONE :zone < :end"
        " AND (g.valid_to IS NULL OR CAST(g.valid_to AS timestamp) AT TIME ZONE :zone > :start)"
    ),
}


def by_versions(by: ByGrids) -> dict[str, str]:
    """Return what a question of figures is completed with; it asks for zone, start and end."""
    return {"span": _SPAN[by], "in_force": _IN_FORCE[by]}


def at_moment(by: ByGrids, column: str) -> str:
    """Return the condition that a version `g` answers for an instant; it asks for zone."""
    if by == "today":
        return "g.valid_to IS NULL"
    return (
        f"{column} >= CAST(g.valid_from AS timestamp) AT TIME ZONE :zone AND (g.valid_to IS NULL"
        f" OR {column} < CAST(g.valid_to AS timestamp) AT TIME ZONE :zone)"
    )
