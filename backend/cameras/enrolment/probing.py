"""Asking the devices of a list: each address once, a few at a time, every answer kept at once.

One refused login per device: rows of one address are asked together, and a login the device
refused before is not sent again. A worker that is killed leaves rows waiting, which the next one
takes up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.errors import CredentialsRejected, DeviceError

from ...db import begin
from .. import devices, vault
from . import lists, logins, matching
from .models import Enrolment, EnrolmentRow

if TYPE_CHECKING:
    from video.channels import Channel
    from video.device import DeviceReport

_LEAST_AT_ONCE, _MOST_AT_ONCE = 16, 64
_DEVICES_A_LANE = 150
_CALL_S, _TOTAL_S = 5.0, 60.0
_NOTE_EVERY_S = 0.5


class RefusedBefore(CredentialsRejected):
    """The device has refused this very login before; it is not sent again until it is changed."""

    code = "devices.refused_before"


@dataclass(frozen=True, slots=True)
class _Asking:
    address: str
    credentials: Credentials = field(repr=False)
    was_refused: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    asking: _Asking
    report: DeviceReport | None
    error: DeviceError | None


def probe(enrolment_id: int) -> None:
    """Ask all waiting rows of a list, then say which cameras they are.

    Raises
    ------
    CalledOff
        If the list is cancelled meanwhile; what was learnt stays.

    """
    with begin() as session:
        askings = _begin(session, enrolment_id)
    asyncio.run(_ask_all(enrolment_id, askings))
    with begin() as session:
        enrolment = lists.held(session, enrolment_id)
        matching.match(session, enrolment)
        enrolment.progress = 1.0
        lists.end(session, enrolment, "ready")


def _begin(session: Session, enrolment_id: int) -> list[_Asking]:
    enrolment = lists.held(session, enrolment_id)
    enrolment.state, enrolment.step = "running", "probing"
    lists.tell(session, enrolment)
    by_address: dict[str, bytes | None] = {}
    for row in _waiting(session, enrolment_id):
        by_address[row.address] = by_address.get(row.address) or row.secret
    if enrolment.wish.get("again"):
        logins.forget_refused(session, list(by_address))
    askings = []
    for address, secret in by_address.items():
        credentials = Credentials(*vault.unseal(secret)) if secret else Credentials()
        is_old = credentials.given and logins.was_refused(session, address, credentials)
        askings.append(_Asking(address, credentials, is_old))
    return askings


def _waiting(session: Session, enrolment_id: int) -> Sequence[EnrolmentRow]:
    query = select(EnrolmentRow).where(
        EnrolmentRow.enrolment_id == enrolment_id, EnrolmentRow.state == "waiting"
    )
    return session.scalars(query.order_by(EnrolmentRow.row_no)).all()


async def _ask_all(enrolment_id: int, askings: list[_Asking]) -> None:
    allowed = devices.policy()
    left = iter(askings)
    answers: asyncio.Queue[_Answer | Exception] = asyncio.Queue()

    async def work() -> None:
        try:
            for asking in left:
                answers.put_nowait(await _ask(asking, allowed))
        except Exception as broken:
            answers.put_nowait(broken)  # or whoever waits for an answer would wait for ever
            raise

    workers = [asyncio.create_task(work()) for _ in range(lanes(len(askings)))]
    try:
        done = 0
        while done < len(askings):
            batch = [await answers.get()]
            await asyncio.sleep(_NOTE_EVERY_S if done + 1 < len(askings) else 0)
            while not answers.empty():
                batch.append(answers.get_nowait())
            done += len(batch)
            told = [_or_raise(each) for each in batch]
            await asyncio.to_thread(_note, enrolment_id, told, done / len(askings))
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def lanes(devices_in_all: int) -> int:
    """Return how many devices are asked at once: more where many wait, because most of the time
    goes to those that do not answer; at most what a switch and a worker bear.
    """
    planned = -(-devices_in_all // _DEVICES_A_LANE)
    return min(devices_in_all, max(_LEAST_AT_ONCE, min(planned, _MOST_AT_ONCE)))


def _or_raise(answer: _Answer | Exception) -> _Answer:
    if isinstance(answer, Exception):
        raise answer
    return answer


async def _ask(asking: _Asking, allowed: AddressPolicy) -> _Answer:
    from video.device import probe as ask  # brings the ONVIF client

    if asking.was_refused:
        return _Answer(asking, None, RefusedBefore())
    try:
        report = await ask(
            asking.address, asking.credentials, allowed, call_s=_CALL_S, total_s=_TOTAL_S
        )
    except DeviceError as error:
        return _Answer(asking, None, error)
    return _Answer(asking, report, None)


def _note(enrolment_id: int, batch: list[_Answer], progress: float) -> None:
    with begin() as session:
        enrolment = lists.held(session, enrolment_id)
        for answer in batch:
            _keep(session, enrolment, answer)
        enrolment.progress = progress
        lists.tell(session, enrolment)


def _keep(session: Session, enrolment: Enrolment, answer: _Answer) -> None:
    asking = answer.asking
    query = select(EnrolmentRow).where(
        EnrolmentRow.enrolment_id == enrolment.id, EnrolmentRow.address == asking.address
    )
    rows = [row for row in session.scalars(query) if row.state == "waiting"]
    if answer.report is not None:
        logins.forget_refused(session, [asking.address])
        _keep_channels(session, rows, answer.report)
    elif answer.error is not None:
        _keep_error(rows, answer.error, is_en=enrolment.wish.get("language") == "en")
        if isinstance(answer.error, CredentialsRejected) and asking.credentials.given:
            logins.note_refused(session, asking.address, asking.credentials)


def _keep_error(rows: Sequence[EnrolmentRow], error: DeviceError, *, is_en: bool) -> None:
    for row in rows:
        row.state, row.reason = "failed", error.code
        row.explanation = devices.explanation(error, "en" if is_en else "zh")
        row.probed_at = datetime.now(UTC)


def _keep_channels(session: Session, rows: Sequence[EnrolmentRow], report: DeviceReport) -> None:
    """Write each row's input; a recorder of which one row is listed gets a row for each input."""
    by_number = {channel.number: channel for channel in report.channels}
    for row in rows:
        channel = by_number.get(row.channel)
        if channel is None:
            row.state, row.reason = "failed", devices.ChannelMissing.code
            missing = devices.ChannelMissing(channel=row.channel, found=len(by_number))
            row.explanation = missing.sentence("zh")
            continue
        _keep_found(row, channel, report)
    if len(rows) == 1 and rows[0].channel == 1:
        for number in sorted(set(by_number) - {1}):
            further = EnrolmentRow(
                enrolment_id=rows[0].enrolment_id,
                row_no=rows[0].row_no,
                address=rows[0].address,
                channel=number,
                secret=rows[0].secret,
                identities=rows[0].identities,
            )
            _keep_found(further, by_number[number], report)
            session.add(further)


def _keep_found(row: EnrolmentRow, channel: Channel, report: DeviceReport) -> None:
    said = report.information
    row.state, row.reason, row.explanation = "answered", None, None
    row.probed_at = datetime.now(UTC)
    row.identities = sorted({*(row.identities or []), *report.identities})
    row.quirks = list(report.quirks)
    row.source_token = channel.source_token
    row.profiles = [asdict(profile) for profile in channel.profiles]
    row.found = _facts(report) | {"information": asdict(said), "has_ptz": channel.has_ptz}


def _facts(report: DeviceReport) -> dict[str, Any]:
    place = report.location
    return {
        "channels": len(report.channels),
        "clock_offset_s": round(report.clock_offset_s, 1),
        "lon": place.lon if place else None,
        "lat": place.lat if place else None,
    }
