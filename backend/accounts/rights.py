"""Who may do what: the one table of roles and rights.

An inspector reads, and opens no picture: supervision looks at the register, not at the street.
A planner turns heads as pictures are opened: to calibrate, and for nothing else.
A worker has the handheld: the tasks of the own unit and the ground, no camera and no other unit.
"""

from ..access import Right

_EVERYBODY: frozenset[Right] = frozenset(
    {"signed_in", "map.read", "cameras.read", "coverage.read", "patrol.read", "schema.read"}
)
_WATCH: frozenset[Right] = _EVERYBODY | {
    "sight.read",
    "streams.open",
    "ptz.control",
    "health.confirm",
    "incidents.read",
    "incidents.report",
    "incidents.act",
    "tasks.read",
    "tasks.act",
    "alarms.read",
    "alarms.act",
    "evidence.make",
    "evidence.read",
}
_PLAN: frozenset[Right] = _EVERYBODY | {
    "sight.read",
    "incidents.read",
    "cameras.edit",
    "ptz.control",
    "grids.edit",
    "health.confirm",
    "coverage.plan",
    "imports.read",
    "imports.write",
    "exports.make",
}

RIGHTS: dict[str, frozenset[Right]] = {
    "operator": _WATCH,
    "dispatcher": _WATCH | {"evidence.hold", "patrol.edit", "alarms.edit"},
    "planner": _PLAN,
    "inspector": _EVERYBODY
    | {
        "sight.read",
        "incidents.read",
        "tasks.read",
        "alarms.read",
        "imports.read",
        "register.read",
    },
    "admin": _WATCH
    | _PLAN
    | {
        "patrol.edit",
        "alarms.edit",
        "evidence.hold",
        "cameras.enrol",
        "register.read",
        "users.manage",
    },
    "worker": frozenset({"signed_in", "map.read", "incidents.report", "handheld.use"}),
}


def rights_of(role: str) -> frozenset[str]:
    """Return the rights of a role; an unknown role has none."""
    return frozenset(RIGHTS.get(role, frozenset()))
