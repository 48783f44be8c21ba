"""One picture of a camera examined: what it shows, against its references and the look before.

A pure function of pictures and figures; `video.healthexaminer` runs it in a process apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from video.healthlook import Floats, Gray, Look, look_at
from video.healthverdicts import (
    Fault,
    Light,
    Verdict,
    fault_of,
    is_still,
    judge_black,
    judge_blurred,
    judge_covered,
    judge_frozen,
    judge_moved,
    light_of,
    still_share,
)
from video.healthview import Shift, learn, shift_between


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a camera before a look.

    ``references`` by light with the number of looks in each; ``print`` of the look before and
    ``still_looks``, how many in a row changed nothing; ``turns`` says that the head is meant to
    turn, so that its view proves nothing.
    """

    fov_deg: float
    fov_error_deg: float = 0.0
    turns: bool = False
    references: Mapping[Light, tuple[Look, int]] | None = None
    print: Floats | None = None
    still_looks: int = 0


@dataclass(frozen=True, slots=True)
class Examination:
    """What a look showed, and what it teaches.

    ``reference`` is the new state of the reference by this light, None when it stays as it is.
    """

    light: Light
    fault: Fault | None
    verdicts: Mapping[Fault, Verdict]
    still_looks: int
    print: Floats
    reference: Look | None


def examine(gray: Gray, chroma: float, known: Known) -> Examination:
    """Return what one picture shows of its camera.

    Parameters
    ----------
    gray : ndarray
        uint8 (height, width), luma.
    chroma : float
        Mean distance of the colour planes from grey, 0-128.
    known : Known
        From the looks before.

    Returns
    -------
    Examination
        Five verdicts, each with its figures.

    """
    look = look_at(gray, chroma=chroma)
    light = light_of(look)
    references = known.references or {}
    same, looks = references.get(light, (None, 0))
    share = still_share(known.print, look)
    still_looks = known.still_looks + 1 if is_still(share) else 0
    verdicts: dict[Fault, Verdict] = {
        "black": judge_black(look),
        "frozen": judge_frozen(share, still_looks, look),
    }
    if known.turns:
        verdicts |= dict.fromkeys(("covered", "moved", "blurred"), Verdict("cannot_tell", "turns"))
    else:
        # Corners of the other light will do when they match; texture and sharpness would not.
        compared = same or next((look for look, _ in references.values()), None)
        verdicts |= {
            "covered": judge_covered(look, same),
            "moved": judge_moved(look, compared, _shift(compared, look, known)),
            "blurred": judge_blurred(look, same),
        }
    fault = fault_of(verdicts)
    taught = None if fault or known.turns else _taught(look, same, looks, verdicts["moved"])
    return Examination(light, fault, verdicts, still_looks, look.print, taught)


def _shift(reference: Look | None, look: Look, known: Known) -> Shift | None:
    if reference is None:
        return None
    return shift_between(reference, look, fov_deg=known.fov_deg, fov_error_deg=known.fov_error_deg)


def _taught(look: Look, reference: Look | None, looks: int, moved: Verdict) -> Look | None:
    """Return the reference after this look; only a view known to be the same teaches anything."""
    if reference is None:
        return look if moved.answer == "no" or moved.reason == "no_reference" else None
    return learn(reference, look, looks=looks) if moved.answer == "no" else None
