"""What a change makes of one sensor's aim; the plan and the act agree because both ask here."""

from typing import Any

from .schemas import Change

AIM = ("azimuth_deg", "fov_deg", "range_m", "tilt_deg")
_ERRORS = {
    "azimuth_deg": "azimuth_error_deg",
    "fov_deg": "fov_error_deg",
    "tilt_deg": "tilt_error_deg",
}


def aim_of(change: Change, standing: Any) -> dict[str, Any]:
    """Return the fields of a sensor that a change sets; `standing` has them as they are.

    What somebody chose anew is certain; a value that is merely repeated keeps its error.
    """
    given = change.model_dump(include=set(AIM), exclude_none=True)
    chosen = {name: value for name, value in given.items() if value != getattr(standing, name)}
    return chosen | {_ERRORS[name]: 0.0 for name in chosen if name in _ERRORS}
