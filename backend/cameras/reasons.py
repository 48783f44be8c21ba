"""Why a camera sees a place or does not: one sentence a reason, in both languages."""

from typing import get_args

from gis.sight import Reason as Cause

from ..errors import Language
from .schemas import Reason, Withdrawal

_ZH = {
    "sees": "能看到该点",
    "pose_uncertain": "朝向仅知大致方位（±{azimuth_error_deg:.0f}°），可能看到",
    "azimuth_unknown": "朝向未知，视线无遮挡，可能看到",
    "inside_building": "点位落在建筑 {building_id} 轮廓内，按外墙安装估计，可能看到",
    "out_of_range": "距离 {distance_m:.0f} 米，超出作用距离 {range_m:.0f} 米",
    "out_of_field": "朝向偏离 {off_axis_deg:.0f}°，不在视场内",
    "above_picture": "该点在画面上沿以上（俯角较大，只照近处）",
    "too_near": "该点在画面下沿以下（杆下盲区）",
    "blocked_by_building": "在 {blocked_at_m:.0f} 米处被建筑 {building_id} 遮挡",
    "blocked_by_terrain": "在 {blocked_at_m:.0f} 米处被地形遮挡",
    "view_moved": "本应看到，但镜头已移位，待确认后恢复",
    "view_blind": "本应看到，但画面被遮挡、全黑或冻结",
}
_EN = {
    "sees": "sees this place",
    "pose_uncertain": "may see it: its direction is known to ±{azimuth_error_deg:.0f}° only",
    "azimuth_unknown": "may see it: the line is clear, its direction is unknown",
    "inside_building": "may see it: it stands inside the outline of building {building_id}",
    "out_of_range": "{distance_m:.0f} m away, beyond its range of {range_m:.0f} m",
    "out_of_field": "looks {off_axis_deg:.0f}° away from it",
    "above_picture": "the place lies above its picture: it looks down at what is nearer",
    "too_near": "the place lies below its picture, at the foot of its pole",
    "blocked_by_building": "hidden by building {building_id} at {blocked_at_m:.0f} m",
    "blocked_by_terrain": "hidden by the terrain at {blocked_at_m:.0f} m",
    "view_moved": "should see it, and its view has moved: counts again once confirmed",
    "view_blind": "should see it, and its picture is covered, black or frozen",
}


def sentence(reason: str, language: Language, detail: dict[str, float | int]) -> str:
    """Return the sentence of a reason with its figures filled in.

    A place can be out of the field beside the picture or above it; above, no angle is to be told.
    """
    if reason == "out_of_field" and "off_axis_deg" not in detail:
        reason = "above_picture"
    return (_ZH if language == "zh" else _EN)[reason].format(**detail)


def withdrawal(view_fault: str) -> Withdrawal:
    """Return why a camera with a fault of view does not count."""
    return "view_moved" if view_fault == "moved" else "view_blind"


_WORDS: dict[Cause, Reason] = {Cause[word.upper()]: word for word in get_args(Reason)}


def word_of(cause: Cause) -> Reason:
    """Return the API's word for a reason of `gis.sight`; the two lists are the same by test."""
    return _WORDS[cause]
