"""What a look says of a camera: frozen, black, blurred, covered, moved; each yes, no, cannot tell.

A verdict carries the figures it rests on. Where the picture is too dark or too plain to judge, it
says so: a camera is never called faulty, nor in order, for want of evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from video.healthlook import Floats, Look
from video.healthview import Shift

Answer = Literal["yes", "no", "cannot_tell"]
Fault = Literal["black", "frozen", "covered", "moved", "blurred"]
Light = Literal["day", "night"]

FAULTS: tuple[Fault, ...] = ("black", "covered", "frozen", "moved", "blurred")
"""In this order one fault explains the others away."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer, why there is none, and its figures."""

    answer: Answer
    reason: str | None = None
    figures: Mapping[str, float | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a figure becomes a fault; found on rendered and recorded scenes, see record 0034."""

    dark: float = 45.0
    grey: float = 2.0
    black: float = 12.0
    black_contrast: float = 6.0
    still_mse: float = 0.3
    still_share: float = 0.4
    alike_mse: float = 6.0
    alike_share: float = 0.98
    still_looks: int = 3
    plain_block: float = 4.0
    least_blocks: int = 20
    covered_share: float = 0.6
    blurred_share: float = 0.35
    shift_px: float = 12.0
    zoom: float = 0.04
    roll_deg: float = 1.5
    least_agreed: int = 14
    least_stayed: int = 12
    corners: int = 120


USUAL = Limits()


def light_of(look: Look, limits: Limits = USUAL) -> Light:
    """Return by which light a picture was taken: infrared has no colour, a dim street no light."""
    is_night = look.chroma < limits.grey or look.brightness < limits.dark
    return "night" if is_night else "day"


def judge_black(look: Look, limits: Limits = USUAL) -> Verdict:
    """Whether nothing can be made out: dark all over, without contrast."""
    figures = {"brightness": look.brightness, "contrast": look.contrast}
    is_black = look.brightness < limits.black and look.contrast < limits.black_contrast
    return Verdict("yes" if is_black else "no", None, figures)


def still_share(before: Floats | None, look: Look, limits: Limits = USUAL) -> float | None:
    """Return the share of blocks in which not even noise changed since the look before.

    None without a look before, 0 where something clearly moved. Four projections estimate a block's
    mean squared difference to within 70 %: sensor noise of one level gives 2, an encoder that codes
    the same picture anew leaves most blocks as they were and changes some by 1 to 2.
    """
    if before is None or before.shape != look.print.shape:
        return None
    changed = np.mean((look.print - before) ** 2, axis=1)
    if np.mean(changed < limits.alike_mse) < limits.alike_share:
        return 0.0
    return float(np.mean(changed < limits.still_mse))


def is_still(share: float | None, limits: Limits = USUAL) -> bool:
    """Return whether a look shows what the one before showed, to the last level."""
    return share is not None and share >= limits.still_share


def judge_frozen(share: float | None, looks: int, look: Look, limits: Limits = USUAL) -> Verdict:
    """Whether the picture stands still: `looks` times in a row, this one included, nothing changed.

    A live sensor always has noise; a picture that repeats to the last level is not one.
    """
    if share is None:
        return Verdict("cannot_tell", "first_look")
    figures = {"still_share": share, "still_looks": looks}
    if judge_black(look, limits).answer == "yes":
        return Verdict("cannot_tell", "too_dark", figures)
    if not is_still(share, limits):
        return Verdict("no", None, figures)
    # An encoder smooths away the noise of a plain wall, which then repeats though the camera lives.
    if int((look.texture > limits.plain_block).sum()) < limits.least_blocks:
        return Verdict("cannot_tell", "plain_view", figures)
    if looks < limits.still_looks:
        return Verdict("cannot_tell", "too_few_looks", figures)
    return Verdict("yes", None, figures)


def judge_covered(look: Look, reference: Look | None, limits: Limits = USUAL) -> Verdict:
    """Whether most of what had texture has none any more: something is before the lens."""
    if judge_black(look, limits).answer == "yes":
        return Verdict("cannot_tell", "too_dark")
    if reference is None:
        return Verdict("cannot_tell", "no_reference")
    had = reference.texture > 2 * limits.plain_block
    if int(had.sum()) < limits.least_blocks:
        return Verdict("cannot_tell", "plain_view")
    lost = look.texture < np.maximum(0.35 * reference.texture, limits.plain_block)
    share = float(lost[had].mean())
    figures = {"lost_share": share, "contrast": look.contrast, "contrast_then": reference.contrast}
    return Verdict("yes" if share >= limits.covered_share else "no", None, figures)


def judge_blurred(look: Look, reference: Look | None, limits: Limits = USUAL) -> Verdict:
    """Whether fine detail has gone while the coarse picture is still there."""
    if reference is None:
        return Verdict("cannot_tell", "no_reference")
    if look.contrast < 2 * limits.black_contrast:
        return Verdict("cannot_tell", "too_dark")
    share = look.sharpness / max(reference.sharpness, 1e-6)
    figures = {"sharpness_share": share}
    return Verdict("yes" if share < limits.blurred_share else "no", None, figures)


def judge_moved(
    look: Look, reference: Look | None, shift: Shift | None, limits: Limits = USUAL
) -> Verdict:
    """Whether the camera looks elsewhere than its reference does.

    Corners that stayed in their places outweigh any motion: a lorry is large, and not the world.
    Two rich pictures by the same light that share nothing are two views, the turn unknown.
    """
    if reference is None or shift is None:
        return Verdict("cannot_tell", "no_reference")
    figures = _told(shift) | {"corners": len(look.corners)}
    if shift.stayed >= limits.least_stayed and 2 * shift.stayed >= shift.agreed:
        return Verdict("no", None, figures)
    if shift.shift_px is not None and shift.agreed >= limits.least_agreed:
        return Verdict("yes" if _is_turned(shift, limits) else "no", None, figures)
    answer, reason = _without_a_turn(look, reference, shift, limits)
    return Verdict(answer, reason, figures)


def _without_a_turn(
    look: Look, reference: Look, shift: Shift, limits: Limits
) -> tuple[Answer, str]:
    if min(len(look.corners), len(reference.corners)) < limits.corners:
        return "cannot_tell", "too_few_features"
    if not _is_alike(look, reference):
        return "cannot_tell", "other_light"
    if shift.agreed < limits.least_agreed // 2 and shift.stayed < 4:
        return "yes", "nothing_in_common"
    return "cannot_tell", "too_few_matches"


def fault_of(verdicts: Mapping[Fault, Verdict]) -> Fault | None:
    """Return the fault that explains the rest, None when no verdict says yes."""
    return next((f for f in FAULTS if f in verdicts and verdicts[f].answer == "yes"), None)


def _is_turned(shift: Shift, limits: Limits) -> bool:
    return (
        (shift.shift_px or 0.0) >= limits.shift_px
        or abs((shift.zoom or 1.0) - 1.0) >= limits.zoom
        or abs(shift.roll_deg or 0.0) >= limits.roll_deg
    )


def _is_alike(look: Look, reference: Look) -> bool:
    """Return whether two pictures were taken by light so alike that corners must match."""
    nearer = min(look.contrast, reference.contrast) / max(look.contrast, reference.contrast, 1.0)
    return abs(look.brightness - reference.brightness) < 35 and nearer > 0.5


def _told(shift: Shift) -> dict[str, float | int | None]:
    return {
        "matched": shift.matched,
        "stayed": shift.stayed,
        "agreed": shift.agreed,
        "shift_px": shift.shift_px,
        "right_deg": shift.right_deg,
        "up_deg": shift.up_deg,
        "roll_deg": shift.roll_deg,
        "zoom": shift.zoom,
        "error_deg": shift.error_deg,
    }
