"""The rows behind the four rates: for each key place or camera what it brings, and why.

A rate is the sum of its rows, so a figure and the list it opens to can never differ.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from video.addresses import AddressPolicy
from video.errors import AddressRefused, Unreachable

from ...cameras import checks
from ...errors import Misconfigured
from ...settings import load
from ..bands import PX_PER_M
from .schemas import PlaceClass, RateCode, RateRow

#: Document 996, full-time availability: 98 % in key public areas, 95 % in key trades.
WORKING_TARGETS: dict[PlaceClass, float] = {"public_area": 0.98, "trade": 0.95}
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when, aware; `until` is never in the future."""

    since: datetime
    until: datetime

    @property
    def hours(self) -> float:
        return max((self.until - self.since).total_seconds(), 0.0) / _HOUR_S


def rows_of(
    session: Session, code: RateCode, span: tuple[int, int], period: Period
) -> list[RateRow]:
    """Return the rows of one rate for a span of division codes."""
    return next(rows for _, rows in each_rate(session, (code,), span, period))


def each_rate(
    session: Session, codes: Sequence[RateCode], span: tuple[int, int], period: Period
) -> Iterator[tuple[RateCode, list[RateRow]]]:
    """Yield the rows of each rate asked for; cameras are read once for all of them."""
    bounds = {"low": span[0], "high": span[1]}
    cameras: Sequence[Any] | None = None
    for code in codes:
        if code == "covered":
            yield code, _covered(session, bounds)
            continue
        if cameras is None:
            cameras = session.execute(_question("rates_cameras"), bounds).all()
        yield code, _camera_rows(session, code, cameras, (bounds, period))


def _camera_rows(
    session: Session,
    code: RateCode,
    cameras: Sequence[Any],
    asked: tuple[dict[str, int], Period],
) -> list[RateRow]:
    if code == "networked":
        return [_row(camera, *_networked(camera)) for camera in cameras]
    if code == "secured":
        return [_row(camera, *_secured(camera)) for camera in cameras if camera.is_enrolled]
    return _working(session, cameras, *asked)


@dataclass(frozen=True, slots=True)
class _Amounts:
    """What a row brings to its rate; `counts` is whether it is as the rate wants it."""

    numerator: float
    denominator: float
    counts: bool
    unknown: float = 0.0
    share: float | None = None


def _row(source: Any, brings: _Amounts, why: tuple[str, str], kind: Any = "camera") -> RateRow:
    return RateRow(
        kind=kind,
        id=source.id,
        name=source.name,
        place_class=source.place_class,
        counts=brings.counts,
        share=brings.share,
        numerator=brings.numerator,
        denominator=brings.denominator,
        unknown=brings.unknown,
        why_zh=why[0],
        why_en=why[1],
        lon=source.lon,
        lat=source.lat,
    )


def _flag(counts: bool) -> _Amounts:
    return _Amounts(float(counts), 1.0, counts, share=float(counts))


# --- covered ---------------------------------------------------------------------------------


def rate_px_per_m() -> float:
    """Return the density at which a key place counts as seen.

    Document 996 names none. The default, "outline" of IEC 62676-4:2025 (40 px/m), tells what goes
    on at a place without telling who is there, which is what this product asks; "discern" (80)
    is reached only within 21 m of a usual lens (60 degrees, 1920 px) and asks another question.

    Raises
    ------
    Misconfigured
        If coverage is not computed at the density that was set.

    """
    px_per_m = load().coverage.rate_px_per_m
    if px_per_m not in PX_PER_M.values():
        raise Misconfigured(
            reason=f"GRIDLINK_COVERAGE__RATE_PX_PER_M is {px_per_m:g}, not one of"
            f" {', '.join(f'{px:g}' for px in sorted({*PX_PER_M.values()}))}"
        )
    return px_per_m


def _covered(session: Session, bounds: dict[str, int]) -> list[RateRow]:
    places = session.execute(
        _question("rates_covered"), bounds | {"px_per_m": rate_px_per_m()}
    ).all()
    return [_row(place, *_place_seen(place), kind="place") for place in places]


def _place_seen(place: Any) -> tuple[_Amounts, tuple[str, str]]:
    if place.total is None:
        return _Amounts(0.0, 1.0, False, unknown=1.0), (
            "覆盖尚未计算",
            "its coverage has not been computed yet",
        )
    share = min(place.certain / place.total, 1.0)
    counts = share >= load().coverage.rate_share
    zh, en = {"outline": ("轮廓", "outline"), "area": ("周边", "surroundings")}[place.measure]
    why = [f"{zh}的 {share:.0%} 确定可见"], [f"{share:.0%} of its {en} is seen for sure"]
    if place.possible > 0:
        more = min(place.possible / place.total, 1.0)
        why[0].append(f"另有 {more:.0%} 可能看见")
        why[1].append(f"{more:.0%} more possibly")
    if place.certain_now is not None and place.certain_now < place.certain:
        now = place.certain_now / place.total
        why[0].append(f"此刻只有 {now:.0%}：有摄像机失效")
        why[1].append(f"right now {now:.0%}: a camera is dead, blind or moved")
    amounts = _Amounts(float(counts), 1.0, counts, share=share)
    return amounts, ("；".join(why[0]), "; ".join(why[1]))


# --- networked -------------------------------------------------------------------------------


def _networked(camera: Any) -> tuple[_Amounts, tuple[str, str]]:
    if not camera.is_enrolled:
        return _flag(False), ("未登记设备", "no device is enrolled")
    if camera.auth_state == "rejected":
        return _flag(False), (
            "设备有应答，但拒绝登录",
            "the device answers and rejects the login",
        )
    if camera.auth_state == "accepted" or camera.last_frame_at is not None:
        return _flag(True), ("设备已登记并应答过", "a device is enrolled and has answered")
    return _flag(False), ("设备已登记，从未应答", "the enrolled device has never answered")


# --- working ---------------------------------------------------------------------------------


def _working(
    session: Session, cameras: Iterable[Any], bounds: dict[str, int], period: Period
) -> list[RateRow]:
    hold_s = checks.HOLD * load().media.check_every_s
    asked = bounds | {"since": period.since, "until": period.until, "hold_s": hold_s}
    known = {
        row.camera_id: (float(row.frames_s) / _HOUR_S, float(row.known_s) / _HOUR_S)
        for row in session.execute(_question("rates_checks"), asked)
    }
    return [
        _row(camera, *_frames_came(camera, *known.get(camera.id, (0.0, 0.0)), period.hours))
        for camera in cameras
    ]


def _frames_came(
    camera: Any, frames_h: float, known_h: float, period_h: float
) -> tuple[_Amounts, tuple[str, str]]:
    unknown_h = max(period_h - known_h, 0.0)
    if known_h <= 0.0:
        why = (
            ("时段内没有检查过", "it was not checked in the period")
            if camera.is_enrolled
            else ("未登记设备，无从检查", "no device is enrolled, so nothing could be checked")
        )
        return _Amounts(0.0, 0.0, False, unknown=unknown_h), why
    share = min(frames_h / known_h, 1.0)
    target = WORKING_TARGETS[camera.place_class]
    why = (
        f"已知的 {known_h:.1f} 小时中有 {frames_h:.1f} 小时收到画面；不明 {unknown_h:.1f} 小时",
        f"frames came in {frames_h:.1f} of {known_h:.1f} known hours;"
        f" {unknown_h:.1f} hours are not known",
    )
    return _Amounts(frames_h, known_h, share >= target, unknown_h, share), why


# --- secured ---------------------------------------------------------------------------------

_FAULTS = {
    "open": ("设备无需口令即可登录", "the device lets anybody in without a login"),
    "unaccepted": ("口令未被设备接受", "the device has not accepted the login"),
    "unsealed": ("口令未加密封存", "the login is not sealed"),
    "unit": ("管理单位不明", "no managing unit is known"),
    "name": ("地址是主机名，网段无从核对", "the address is a name: its network cannot be checked"),
    "network": ("地址不在允许网段内", "the address lies outside the allowed networks"),
}


def _secured(camera: Any) -> tuple[_Amounts, tuple[str, str]]:
    faults = [_FAULTS[fault] for fault in _security_faults(camera)]
    if not faults:
        return _flag(True), (
            "登录被接受，口令已封存，管理单位明确，地址在允许网段内",
            "login accepted and sealed, managing unit known, address in the allowed networks",
        )
    return _flag(False), ("；".join(zh for zh, _ in faults), "; ".join(en for _, en in faults))


def _security_faults(camera: Any) -> Iterable[str]:
    if camera.auth_state != "accepted":
        yield "unaccepted"
    elif not camera.has_login:
        yield "open"
    if camera.has_login and not camera.is_sealed:
        yield "unsealed"
    if not (camera.managing_unit or "").strip():
        yield "unit"
    if (fault := _address_fault(camera.address)) is not None:
        yield fault


def _address_fault(address: str) -> str | None:
    """Judge an address by what is written in it: a board must not wait for a name server."""
    try:
        _policy_of(load().media.allowed_networks).check(address)
    except Unreachable:
        return "name"
    except AddressRefused:
        return "network"
    return None


@cache
def _policy_of(networks: tuple[str, ...]) -> AddressPolicy:
    return replace(AddressPolicy.of(*networks), resolve=_literal)


def _literal(host: str, _: int) -> tuple[str, ...]:
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        raise Unreachable(f"{host} is a name") from None


@cache
def _question(name: str) -> TextClause:
    return text((files("backend") / "queries" / f"{name}.sql").read_text("utf-8"))
