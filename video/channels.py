"""The video inputs of a device with their profiles: one of a camera, many of a recorder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onveef import envelopes, parsers

from video.addresses import AddressPolicy
from video.errors import CredentialsRejected, DeviceError, ProtocolViolation, Unsupported
from video.onvif_answers import read_by
from video.onvif_session import OnvifSession
from video.profiles import Profile
from video.quirks import documented_path

_MOST_PROFILES = 8
_MOST_CHANNELS = 128
#: ONVIF allows 64 characters (ReferenceToken); some makers take more.
_LONGEST_TOKEN = 256
_LARGEST_NUMBER = 1_000_000
_CODEC_NAMES = {"H264": "h264", "H265": "h265", "HEVC": "h265", "JPEG": "mjpeg"}


@dataclass(frozen=True, slots=True)
class Channel:
    """One video input: its number from 1, the device's token of it, its profiles by size."""

    number: int
    source_token: str
    profiles: tuple[Profile, ...]

    @property
    def has_ptz(self) -> bool:
        return any(profile.has_ptz for profile in self.profiles)


async def read_channels(
    session: OnvifSession, policy: AddressPolicy, manufacturer: str
) -> tuple[Channel, ...]:
    """Return the inputs of a device, those with video only, in its own order.

    Media 2 is asked first, since Media 1 cannot name H.265; Media 1 where that fails.

    Parameters
    ----------
    session : OnvifSession
        Open.
    policy : AddressPolicy
        Pins every address the device states to the device itself.
    manufacturer : str
        As the device says; its documented paths stand in where it states none.

    Returns
    -------
    tuple of Channel
        At least one, at most 128, each with one to eight profiles, largest first.

    Raises
    ------
    DeviceError
        No profile with video, or as `OnvifSession.call`.

    """
    reading = _Reading(session, policy, manufacturer)
    if session.has("media2"):
        try:
            return await reading.channels(is_media2=True)
        except (Unsupported, ProtocolViolation):
            session.quirks.add("no_media2")
    return await reading.channels(is_media2=False)


class _Reading:
    def __init__(self, session: OnvifSession, policy: AddressPolicy, manufacturer: str) -> None:
        self._session = session
        self._policy = policy
        self._manufacturer = manufacturer
        self._is_media2 = False
        self._has_snapshots = True

    async def channels(self, *, is_media2: bool) -> tuple[Channel, ...]:
        self._is_media2 = is_media2
        body = envelopes.media_get_profiles(use_media2=is_media2)
        xml = await self._session.call("GetProfiles", body, service=self._service)
        described = [one for one in read_profiles(xml) if one.get("video_encoder")]
        if not described:
            raise ProtocolViolation("GetProfiles: no profile with video")
        by_source: dict[str, list[dict[str, Any]]] = {}
        for one in described:
            source = str(one.get("video_source", {}).get("source_token", ""))
            by_source.setdefault(source, []).append(one)
        inputs = list(by_source.items())[:_MOST_CHANNELS]
        if any(_pixels(ones[0]) < max(map(_pixels, ones)) for _, ones in inputs):
            self._session.quirks.add("sub_stream_first")
        found = []
        for number, (source, ones) in enumerate(inputs, start=1):
            found.append(await self._channel(number, source, ones[:_MOST_PROFILES]))
        return tuple(found)

    @property
    def _service(self) -> str:
        return "media2" if self._is_media2 else "media"

    async def _channel(self, number: int, source: str, ones: Sequence[dict[str, Any]]) -> Channel:
        profiles = []
        for stream, one in enumerate(sorted(ones, key=_pixels, reverse=True), start=1):
            token = str(one["token"])
            url = await self._stream_url(token, number, stream)
            snapshot_url = await self._snapshot_url(token)
            profiles.append(_profile(one, stream_url=url, snapshot_url=snapshot_url))
        return Channel(number, source[:100], tuple(profiles))

    async def _stream_url(self, token: str, channel: int, stream: int) -> str:
        device = self._session.device
        try:
            url = await self._uri(token, "GetStreamUri")
        except ProtocolViolation:
            path = documented_path(self._manufacturer, channel=channel, stream=stream)
            if path is None:
                raise
            self._session.quirks.add("no_stream_address")
            host = f"[{device.pinned_ip}]" if ":" in device.pinned_ip else device.pinned_ip
            url = f"rtsp://{host}{path}"
        checked = self._policy.check_own(url, device)
        if "@" in url.partition("://")[2].partition("/")[0]:
            self._session.quirks.add("login_in_stream_address")
        blank = self._session.blanked(checked.url)
        if blank != checked.url:
            self._session.quirks.add("login_in_stream_address")
        return blank

    async def _snapshot_url(self, token: str) -> str | None:
        """Return the snapshot address, or None: many devices have none, and say so in many ways."""
        if not self._has_snapshots:
            return None
        try:
            uri = await self._uri(token, "GetSnapshotUri")
            checked = self._policy.check_own(uri, self._session.device)
            return self._session.blanked(checked.url)
        except CredentialsRejected:
            raise
        except DeviceError:
            # Asked once: of a recorder it would be 128 times.
            self._has_snapshots = False
            self._session.quirks.add("no_snapshot_address")
            return None

    async def _uri(self, token: str, operation: str) -> str:
        write = (
            envelopes.media_get_stream_uri
            if operation == "GetStreamUri"
            else envelopes.media_get_snapshot_uri
        )
        body = write(profile_token=token, use_media2=self._is_media2)
        xml = await self._session.call(operation, body, service=self._service)
        uri = parsers.parse_stream_uri(xml)
        if not uri:
            raise ProtocolViolation(f"{operation}: the answer is empty")
        return uri


def read_profiles(xml: str) -> list[dict[str, Any]]:
    """Return the profiles of an answer, as onveef writes them; none without a usable token.

    Raises
    ------
    ProtocolViolation
        A number in it cannot be read.

    """
    said = read_by(parsers.parse_profiles, xml, "GetProfiles")
    return [one for one in said if 0 < len(str(one.get("token", ""))) <= _LONGEST_TOKEN]


def _pixels(one: dict[str, Any]) -> int:
    encoder = one["video_encoder"]
    return (_number(encoder, "width") or 0) * (_number(encoder, "height") or 0)


def _number(encoder: dict[str, Any], name: str) -> int | None:
    """Return a number of an encoder; None where the device says none that can be."""
    value = encoder.get(name)
    return value if value is not None and 0 <= value <= _LARGEST_NUMBER else None


def _profile(one: dict[str, Any], *, stream_url: str, snapshot_url: str | None) -> Profile:
    encoder = one["video_encoder"]
    word = str(encoder.get("encoding", ""))
    fps = _number(encoder, "fps_limit")
    return Profile(
        token=str(one["token"]),
        name=str(one["name"])[:200],
        codec=_CODEC_NAMES.get(word.upper().replace(".", ""), word.lower()),
        width=_number(encoder, "width"),
        height=_number(encoder, "height"),
        fps=None if fps is None else float(fps),
        gop=_number(encoder, "gop"),
        bitrate_kbps=_number(encoder, "bitrate_kbps"),
        stream_url=stream_url,
        snapshot_url=snapshot_url,
        has_ptz="ptz" in one,
    )
