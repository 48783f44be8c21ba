"""Who sends fixes: a tracker by its token, a worker's handheld, or a gateway for many units.

Answers are remembered for seconds, as those of the tiles are; whether a tracker has ended is
asked again in the transaction that stores.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

import anyio
from sqlalchemy import select
from starlette.datastructures import Headers

from ...access import Principal
from ...accounts.identity import REMEMBERED_S, Identity, look_up, presented_secret
from ...accounts.secrets import digest
from ...db import begin
from ...errors import NotAllowed, NotSignedIn, TooMany
from ...settings import load
from ..models import Tracker, Unit
from ..units.trackers import PREFIX

_REMEMBERED_MOST = 20_000
_BURST_S = 5.0
_UNKNOWN_PER_S = 50.0
_TRACKER = tuple(PREFIX.values())

Value = TypeVar("Value")


class TooOften(TooMany):
    code = "fixes.too_often"
    zh = "上传过于频繁，请 {retry_after_s} 秒后再传：可把多个定位点合成一批。"
    en = "Too many uploads: try again in {retry_after_s} s, with more fixes in each."


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose fixes a request may add: of one unit, or (a gateway) of the jurisdiction's units."""

    key: str
    unit_id: int | None = None
    tracker_id: int | None = None
    gateway: Principal | None = None


class _Kept(Generic[Value]):
    """Answers kept for `REMEMBERED_S`; the oldest goes when there are too many."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, Value]] = OrderedDict()

    def get(self, key: str) -> Value | None:
        kept = self._kept.get(key)
        return None if kept is None or kept[0] < time.monotonic() else kept[1]

    def put(self, key: str, value: Value) -> None:
        self._kept[key] = (time.monotonic() + REMEMBERED_S, value)
        self._kept.move_to_end(key)
        if len(self._kept) > _REMEMBERED_MOST:
            self._kept.popitem(last=False)


class _Rates:
    """A bucket each: `per_s` requests a second on average, a few seconds' worth at once."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, key: str, per_s: float) -> None:
        """Count one request.

        Raises
        ------
        TooOften
            If the bucket is empty.

        """
        now, most = time.monotonic(), per_s * _BURST_S
        left, at = self._left.get(key, (most, now))
        left = min(most, left + (now - at) * per_s)
        if left < 1:
            raise TooOften(retry_after_s=max(1, round((1 - left) / per_s)))
        self._left[key] = (left - 1, now)
        self._left.move_to_end(key)
        if len(self._left) > _REMEMBERED_MOST:
            self._left.popitem(last=False)


class Senders:
    """Finds out who sends, and how much."""

    def __init__(self) -> None:
        self._senders: _Kept[Sender] = _Kept()
        self._identities: _Kept[Identity] = _Kept()
        self._codes: _Kept[int] = _Kept()
        self._rates = _Rates()

    async def of_request(self, headers: Headers, method: str) -> Sender:
        """Return who sends a request with these headers.

        Raises
        ------
        NotSignedIn, NotAllowed, TooOften
            If nobody known does, an account without the right, or somebody too often.

        """
        secret = presented_secret(headers)
        if secret is None:
            raise NotSignedIn()
        if secret.startswith(_TRACKER):
            return await self.of_token(secret)
        identity = self._identities.get(secret)
        if identity is None:
            self._rates.spend("unknown", _UNKNOWN_PER_S)
            identity = await anyio.to_thread.run_sync(look_up, secret)
            if identity is None:
                raise NotSignedIn()
            self._identities.put(secret, identity)
        identity.check_csrf(method, headers.get("x-csrf-token"))
        return await self._of_principal(identity.principal)

    async def of_token(self, token: str, *, in_url: bool = False) -> Sender:
        """Return the tracker of a token; one that was in an address must be made for that."""
        if in_url and not token.startswith(PREFIX["url"]):
            raise NotSignedIn()
        key = digest(token).hex()
        sender = self._senders.get(key)
        if sender is None:
            self._rates.spend("unknown", _UNKNOWN_PER_S)
            sender = await anyio.to_thread.run_sync(_tracker_of, token, key)
            if sender is None:
                raise NotSignedIn()
            self._senders.put(key, sender)
        self._rates.spend(key, load().patrol.requests_per_s)
        return sender

    async def units_of(self, sender: Sender, codes: set[str]) -> dict[str, int]:
        """Return the units of a gateway's jurisdiction by code; what is missing is not one."""
        gateway = sender.gateway
        if gateway is None:
            return {}
        found = {c: n for c in codes if (n := self._codes.get(f"{sender.key}/{c}")) is not None}
        unknown = codes - found.keys()
        if unknown:
            fresh = await anyio.to_thread.run_sync(_units_by_code, gateway, sorted(unknown))
            for code, number in fresh.items():
                self._codes.put(f"{sender.key}/{code}", number)
            found |= fresh
        return found

    async def _of_principal(self, principal: Principal) -> Sender:
        key = f"user {principal.id}"
        if principal.may("patrol.edit"):
            return Sender(key, gateway=principal)
        if "handheld.use" not in principal.rights:
            raise NotAllowed(right="handheld.use")
        sender = self._senders.get(key)
        if sender is None:
            unit_id = await anyio.to_thread.run_sync(_unit_of, principal)
            sender = Sender(key, unit_id=unit_id)
            self._senders.put(key, sender)
        self._rates.spend(key, load().patrol.requests_per_s)
        return sender


def _tracker_of(token: str, key: str) -> Sender | None:
    with begin() as session:
        row = session.execute(
            select(Tracker.id, Tracker.unit_id)
            .join(Unit, Unit.id == Tracker.unit_id)
            .where(Tracker.token_hash == digest(token), Tracker.ended_at.is_(None))
        ).one_or_none()
    return None if row is None else Sender(key, unit_id=row.unit_id, tracker_id=row.id)


def _unit_of(principal: Principal) -> int:
    """Return the unit whose handheld an account is.

    Raises
    ------
    NotAllowed
        If it is none's.

    """
    with begin(principal.scope) as session:
        found = session.scalar(select(Unit.id).where(Unit.user_id == principal.id))
    if found is None:
        raise NoUnit(right="handheld.use")
    return found


def _units_by_code(gateway: Principal, codes: list[str]) -> dict[str, int]:
    with begin(gateway.scope) as session:
        rows = session.execute(
            select(Unit.code, Unit.id).where(
                Unit.code.in_(codes),
                Unit.division_code.between(gateway.scope.low, gateway.scope.high),
            )
        ).all()
    found: dict[str, int] = {}
    for code, number in rows:  # a code that several sets use names none
        found[code] = number if code not in found else -1
    return {code: number for code, number in found.items() if number > 0}


class NoUnit(NotAllowed):
    code = "fixes.no_unit"
    zh = "该账号没有对应的力量，请调度员把账号设为某支力量的手持端。"
    en = "This account is no unit's handheld: ask a dispatcher to make it one."
