"""The board of the four rates of document 996 (发改高技〔2015〕996号): computed, never typed.

全域覆盖 covered, 全网共享 networked, 全时可用 working, 全程可控 secured; each with its formula, and
apart for key public areas and key trades, because the document sets their targets apart.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ...settings import load
from .rows import WORKING_TARGETS, Period, each_rate, rate_px_per_m
from .schemas import Figure, PlaceClass, Rate, RateCode, RatePart, RateRow

CODES: tuple[RateCode, ...] = ("covered", "networked", "working", "secured")
USUAL_DAYS = 30
_NAMES: dict[RateCode, tuple[str, str]] = {
    "covered": ("全域覆盖", "Covered"),
    "networked": ("全网共享", "Networked"),
    "working": ("全时可用", "In working order"),
    "secured": ("全程可控", "Secured"),
}
_CLASSES: dict[PlaceClass, tuple[str, str]] = {
    "public_area": ("重点公共区域", "Key public areas"),
    "trade": ("重点行业", "Key trades"),
}
#: Targets of the document; it sets no number for 全程可控, and two for 全时可用 (see the parts).
_TARGETS: dict[RateCode, float | None] = {
    "covered": 1.0,
    "networked": 1.0,
    "working": None,
    "secured": None,
}
_UNITS: dict[RateCode, Any] = {
    "covered": "places",
    "networked": "cameras",
    "working": "camera_hours",
    "secured": "cameras",
}
#: Why there is no value: no row at all, or rows of which nothing is known.
_NO_ROWS: dict[RateCode, tuple[str, str]] = {
    "covered": ("没有标为重点部位的地点", "no place is marked as a key place"),
    "networked": ("没有摄像机", "there is no camera"),
    "working": ("没有摄像机", "there is no camera"),
    "secured": ("没有登记过设备", "no device is enrolled"),
}
_UNKNOWN: dict[RateCode, tuple[str, str]] = {
    "covered": ("覆盖尚未计算", "coverage has not been computed yet"),
    "working": ("时段内没有检查过任何摄像机", "no camera was checked in the period"),
}


def board(session: Session, span: tuple[int, int], period: Period) -> list[Rate]:
    """Return the four rates for a span of division codes."""
    return [_rate(code, rows) for code, rows in each_rate(session, CODES, span, period)]


def board_with_rows(
    session: Session, span: tuple[int, int], *, until: datetime, days: int = USUAL_DAYS
) -> list[dict[str, Any]]:
    """Return the four rates as plain values, each with its `rows`, for reports."""
    period = Period(until - timedelta(days=days), until)
    found = []
    for code, found_rows in each_rate(session, CODES, span, period):
        rows = in_order(found_rows)
        plain = [row.model_dump() for row in rows]
        found.append(_rate(code, rows).model_dump() | {"rows": plain})
    return found


def in_order(rows: Sequence[RateRow], *, is_missing: bool = False) -> list[RateRow]:
    """Return rows with what is wrong first, the worst share on top; `is_missing`: only those."""
    chosen = [row for row in rows if not (is_missing and row.counts)]
    return sorted(
        chosen, key=lambda row: (row.counts, -1.0 if row.share is None else row.share, row.name)
    )


def _rate(code: RateCode, rows: Sequence[RateRow]) -> Rate:
    parts = [
        RatePart(
            place_class=place_class,
            name_zh=names[0],
            name_en=names[1],
            **_figure(
                [row for row in rows if row.place_class == place_class], _target(code, place_class)
            ).model_dump(),
        )
        for place_class, names in _CLASSES.items()
    ]
    whole = _figure(rows, _TARGETS[code])
    judged = [part.is_met for part in parts if part.is_met is not None]
    if whole.target is None and judged:
        whole = whole.model_copy(update={"is_met": all(judged)})
    reason = _reason(code, rows) if whole.value is None else (None, None)
    formula = _formula(code)
    return Rate(
        code=code,
        name_zh=_NAMES[code][0],
        name_en=_NAMES[code][1],
        unit=_UNITS[code],
        formula_zh=formula[0],
        formula_en=formula[1],
        reason_zh=reason[0],
        reason_en=reason[1],
        parts=parts,
        **whole.model_dump(),
    )


def _reason(code: RateCode, rows: Sequence[RateRow]) -> tuple[str, str]:
    return _UNKNOWN[code] if rows and code in _UNKNOWN else _NO_ROWS[code]


def _target(code: RateCode, place_class: PlaceClass) -> float | None:
    return WORKING_TARGETS[place_class] if code == "working" else _TARGETS[code]


def _figure(rows: Sequence[RateRow], target: float | None) -> Figure:
    numerator = sum(row.numerator for row in rows)
    denominator = sum(row.denominator for row in rows)
    unknown = sum(row.unknown for row in rows)
    # Where nothing was measured yet a zero would be a finding; it is none.
    is_known = denominator > 0 and not all(row.share is None for row in rows)
    value = min(numerator / denominator, 1.0) if is_known else None
    return Figure(
        value=value,
        numerator=numerator,
        denominator=denominator,
        unknown=unknown,
        target=target,
        is_met=None if value is None or target is None else value >= target,
    )


def _formula(code: RateCode) -> tuple[str, str]:
    """Return what stands beside a figure: how it is counted, in both languages."""
    coverage, media = load().coverage, load().media
    px, share, hold_min = rate_px_per_m(), coverage.rate_share, 2 * media.check_every_s / 60
    return {
        "covered": (
            f"已覆盖的重点部位数 ÷ 重点部位总数。已覆盖：按安装口径，轮廓（无轮廓者取周边）"
            f"在 {px:g} 像素/米下至少 {share:.0%} 确定可见。",
            f"covered key places ÷ all key places. Covered: as installed, at least {share:.0%} of"
            f" its outline (its surroundings where it has none) seen for sure at {px:g} px/m.",
        ),
        "networked": (
            "设备已登记且应答过的摄像机数 ÷ 摄像机总数。",
            "cameras whose enrolled device has answered ÷ all cameras.",
        ),
        "working": (
            f"收到画面的摄像机小时 ÷ 状态已知的摄像机小时。一次检查最多顶用 {hold_min:g} 分钟，"
            "此外的时间不明，单列而不计入。",
            "camera hours with frames received ÷ camera hours known. A check speaks for at most"
            f" {hold_min:g} minutes; other time is unknown, told apart and not counted.",
        ),
        "secured": (
            "四项俱备的已登记设备数 ÷ 已登记设备总数：登录被接受、口令已加密封存、管理单位明确、"
            "地址在允许网段内。设备本身的加密与固件从此处看不出。",
            "enrolled devices that meet all four ÷ enrolled devices: login accepted, login sealed,"
            " managing unit known, address in the allowed networks. Encryption and firmware of the"
            " device itself cannot be told from here.",
        ),
    }[code]
