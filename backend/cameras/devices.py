"""The device behind a camera: probed over ONVIF, its address checked first, its login sealed.

Probing happens outside any transaction (it may take seconds); what it learnt is then written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.errors import AddressRefused, CredentialsRejected, DeviceError
from video.profiles import Profile, choose_profile
from video.source import StreamTarget

from ..access import Principal
from ..audit.register import Act, enter
from ..errors import Language, NotFound, Refused
from ..live import Notice, announce
from ..settings import load
from . import vault
from .models import Camera, Device
from .status import Observation, record

if TYPE_CHECKING:
    from video.channels import Channel
    from video.device import DeviceReport

_AT_ONCE = 8


class DeviceFailed(Refused):
    code = "devices.failed"
    zh = "设备未能接入（{device_code}）：{explanation}"
    en = "The device could not be used ({device_code}): {explanation}"


class ChannelMissing(Refused):
    code = "devices.channel_missing"
    zh = "设备没有第 {channel} 通道（共 {found} 个），请更正通道号。"
    en = "The device has no channel {channel}, only {found}: correct the channel."


#: What the operator reads for each way a device can fail; English is the error's own text.
_ZH = {
    "device.address_refused": "地址不在允许的网段内，请更正，或调整 MEDIA__ALLOWED_NETWORKS。",
    "stream.camera_unreachable": "该地址无应答，请检查供电、网线、地址和端口。",
    "device.timed_out": "设备应答超时，请检查设备负载和网络。",
    "stream.credentials_rejected": "用户名或密码被设备拒绝，请更正后再试（多次失败会被设备锁定）。",
    "device.protocol_violation": "应答不是 ONVIF，请检查端口、路径和固件。",
    "device.unsupported": "设备不支持所需功能。",
    "devices.refused_before": "设备曾拒绝同一用户名和密码，为防锁定未再发送：请更正后重试。",
}


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A camera and where its device answers."""

    camera_id: int
    address: str
    credentials: Credentials = field(default_factory=Credentials, repr=False)
    channel: int = 1
    """Of a recorder: the input this camera is connected to."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a probe gave: a report, or the error that stands for it."""

    enrolment: Enrolment
    report: DeviceReport | None
    error: DeviceError | None = None


def policy() -> AddressPolicy:
    """Return the networks in which this installation may call devices."""
    return AddressPolicy.of(*load().media.allowed_networks)


def refusal(error: DeviceError) -> DeviceFailed:
    """Return a device's failure as an error of the API; it never holds user info."""
    told = explanation(error, load().language)
    return DeviceFailed(field="address", device_code=error.code, explanation=told)


def explanation(error: DeviceError, language: Language) -> str:
    """Return what a person reads of a device's failure, and what to do about it."""
    return _ZH.get(error.code, str(error)) if language == "zh" else str(error)


def ask(address: str, credentials: Credentials) -> DeviceReport:
    """Probe one device now.

    Raises
    ------
    DeviceFailed
        With the reason and what to do.

    """
    from video.device import probe  # brings the ONVIF client, which few requests need

    try:
        return asyncio.run(probe(address, credentials, policy()))
    except DeviceError as error:
        raise refusal(error) from None


def ask_many(
    enrolments: Sequence[Enrolment], *, on_done: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Probe devices, a few at once; a failure is an outcome, not an end."""
    return asyncio.run(_ask_many(enrolments, on_done))


async def _ask_many(
    enrolments: Sequence[Enrolment], on_done: Callable[[Outcome], None]
) -> list[Outcome]:
    from video.device import probe  # as above

    gate = asyncio.Semaphore(_AT_ONCE)
    allowed = policy()

    async def one(enrolment: Enrolment) -> Outcome:
        async with gate:
            try:
                report = await probe(enrolment.address, enrolment.credentials, allowed)
                outcome = Outcome(enrolment, report)
            except DeviceError as error:
                outcome = Outcome(enrolment, None, error)
        on_done(outcome)
        return outcome

    return await asyncio.gather(*(one(enrolment) for enrolment in enrolments))


def store(session: Session, outcome: Outcome, *, by: Principal | None = None) -> None:
    """Write a device under its camera. An unreachable one is kept too, and its camera is dead.

    `by` is whom the register names; None is the command line.

    Raises
    ------
    NotFound
        If there is no such camera in the caller's jurisdiction.
    DeviceFailed
        If the address itself is refused: such an address is never kept.
    ChannelMissing
        If a recorder has no such input.

    """
    camera = session.get(Camera, outcome.enrolment.camera_id)
    if camera is None:
        raise NotFound()
    if isinstance(outcome.error, AddressRefused):
        raise refusal(outcome.error)
    vault.hold(session)
    row = _row(outcome)
    insertion = insert(Device).values(**row)
    session.execute(insertion.on_conflict_do_update(index_elements=["camera_id"], set_=row))
    channel = _channel(outcome)
    if channel is not None and channel.has_ptz:
        camera.has_ptz = True
    if outcome.error is not None:
        record(session, Observation(camera.id, is_alive=False, reason=outcome.error.code))
    session.flush()
    announce(session, Notice("media.forget", camera.id, camera.version, camera.division_code))
    announce(session, Notice("camera", camera.id, camera.version, camera.division_code))
    # Last, because other writers of the register wait from here to the commit.
    _register(session, camera, outcome, by)


def _register(session: Session, camera: Camera, outcome: Outcome, by: Principal | None) -> None:
    enter(
        session,
        Act(
            "camera.enrolled",
            by.id if by else None,
            by.username if by else "gridlink",
            camera_id=camera.id,
            camera_name=camera.name,
            division_code=camera.division_code,
            detail={
                "host": _host(outcome.enrolment.address),
                "answered": outcome.error is None,
                "reason": outcome.error.code if outcome.error else None,
            },
        ),
    )


def _host(address: str) -> str | None:
    """Return the host of an address alone: what else stands in it may be a login."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _channel(outcome: Outcome) -> Channel | None:
    """Return the input of the device that the camera is connected to."""
    if outcome.report is None:
        return None
    wanted = outcome.enrolment.channel
    for channel in outcome.report.channels:
        if channel.number == wanted:
            return channel
    raise ChannelMissing(field="channel", channel=wanted, found=len(outcome.report.channels))


def _row(outcome: Outcome) -> dict[str, Any]:
    enrolment, report = outcome.enrolment, outcome.report
    credentials, channel = enrolment.credentials, _channel(outcome)
    rejected = isinstance(outcome.error, CredentialsRejected)
    sealed = vault.seal(credentials.username, credentials.password) if credentials.given else None
    return {
        "camera_id": enrolment.camera_id,
        "address": whole_address(enrolment.address),
        "secret": sealed,
        "information": asdict(report.information) if report else {},
        "profiles": [asdict(profile) for profile in channel.profiles] if channel else [],
        "auth_state": "accepted" if report else "rejected" if rejected else "unknown",
        "channel": enrolment.channel,
        "source_token": channel.source_token if channel else None,
        "identities": list(report.identities) if report else [],
        "quirks": list(report.quirks) if report else [],
    }


def whole_address(address: str) -> str:
    """Return a device's address with the path every ONVIF device listens at, where none is given.

    So that a device written in two ways is one device.
    """
    parts = urlsplit(address.strip())
    path = parts.path if parts.path not in ("", "/") or parts.query else "/onvif/device_service"
    return parts._replace(netloc=parts.netloc.lower(), path=path, fragment="").geturl()


def target(device: Device, want: Literal["main", "sub"], codecs: frozenset[str]) -> StreamTarget:
    """Return what the relay opens: profile by the H.265 ladder, address, unsealed login.

    Raises
    ------
    CodecUnplayable
        If no profile can be played or converted.
    CredentialsRejected
        If the device refused the stored login: asking again could lock the account.

    """
    if device.auth_state == "rejected":
        raise CredentialsRejected()
    chosen = choose_profile(
        [Profile(**profile) for profile in device.profiles], want=want, browser_codecs=codecs
    )
    username, password = vault.unseal(device.secret) if device.secret else ("", "")
    return StreamTarget(
        url=chosen.stream_url,
        policy=policy(),
        credentials=Credentials(username, password),
        snapshot_url=chosen.snapshot_url,
    )
