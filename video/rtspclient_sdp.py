"""Reads a session description (RFC 8866) as far as one video track and its sound need it."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from video.bitstream import Codec, ParameterSets, find_parameter_sets
from video.errors import CodecUnplayable, ProtocolViolation
from video.instants import plausible
from video.sound import SoundFormat

_ENCODINGS: dict[str, Codec] = {"H264": "h264", "H265": "h265", "HEVC": "h265"}
_CLOCK = re.compile(r"clock\s*=\s*([0-9TZ.:+]*)\s*-\s*([0-9TZ.:+]*)\s*(?:;|$)")
_NUMBER = re.compile("[0-9]{1,9}")
_MOST_LINES = 500
_SOUNDS = {"PCMA": "pcm_alaw", "PCMU": "pcm_mulaw", "MPEG4-GENERIC": "aac"}
# RFC 3551: payload types that need no further word.
_STATIC = {0: "PCMU/8000", 8: "PCMA/8000"}


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """The first sound of a description; ``form.coding`` is FFmpeg's name where it is one we know.

    ``size_bits`` and ``index_bits`` are the fields of an AAC frame's header (RFC 3640).
    """

    form: SoundFormat
    payload_type: int
    clock_hz: int
    control: str
    size_bits: int = 0
    index_bits: int = 0


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The first H.264 or H.265 track of a description.

    ``control`` is what the device wrote, relative or absolute; ``covers`` is the range of the
    recording in the device's clock, None where it states none; an end of None means "until now".
    """

    codec: Codec
    payload_type: int
    clock_hz: int
    control: str
    parameter_sets: ParameterSets | None
    covers: tuple[datetime, datetime | None] | None
    sound: SoundTrack | None = None


def parse_description(text: str) -> VideoTrack:
    """Return the video track of a session description, with the sound beside it.

    Raises
    ------
    CodecUnplayable
        No H.264 or H.265 video.
    ProtocolViolation
        The description cannot be read.

    """
    lines = text.replace("\r\n", "\n").split("\n")[:_MOST_LINES]
    if not any(line.startswith("v=0") for line in lines):
        raise ProtocolViolation("the description is not SDP")
    head, sections = _sections(lines)
    for section in sections:
        track = _track(section, head)
        if track is not None:
            return replace(track, sound=next(filter(None, map(_sound, sections)), None))
    raise CodecUnplayable("the recording holds no H.264 or H.265 video")


def parse_clock(value: str) -> tuple[datetime, datetime | None] | None:
    """Return start and end of a ``clock=`` range (RFC 2326, 3.7), None when it is no such one."""
    found = _CLOCK.search(value)
    start = parse_instant(found[1]) if found else None
    if found is None or start is None:
        return None
    return start, parse_instant(found[2])


def parse_instant(text: str) -> datetime | None:
    """Return ``20261122T073000.25Z`` as an aware time, None when it cannot be read."""
    digits = re.sub(r"[-:]", "", text.strip().rstrip("Z"))
    found = re.fullmatch(r"(\d{8})T(\d{6})(\.\d{1,9})?", digits)
    if found is None:
        return None
    try:
        whole = datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return plausible(whole.replace(microsecond=int(float(found[3] or "0") * 1_000_000)))


def write_instant(at: datetime) -> str:
    """Return a time as RTSP's ``Range: clock=`` has it, in UTC with milliseconds."""
    at = at.astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}Z"


def _sections(lines: list[str]) -> tuple[list[str], list[list[str]]]:
    head: list[str] = []
    sections: list[list[str]] = []
    for line in lines:
        if line.startswith("m="):
            sections.append([])
        (sections[-1] if sections else head).append(line.strip())
    return head, sections


def _track(section: list[str], head: list[str]) -> VideoTrack | None:
    words = section[0][2:].split()
    if len(words) < 4 or words[0] != "video" or not _NUMBER.fullmatch(words[3]):
        return None
    payload_type = int(words[3])
    mapped = _value(section, f"a=rtpmap:{payload_type} ") or ""
    name, _, rate = mapped.partition("/")
    codec = _ENCODINGS.get(name.upper())
    if codec is None:
        return None
    hz = rate.split("/")[0]
    covers = _value(section, "a=range:") or _value(head, "a=range:") or ""
    return VideoTrack(
        codec=codec,
        payload_type=payload_type,
        clock_hz=int(hz) if _NUMBER.fullmatch(hz) and 0 < int(hz) <= 1_000_000 else 90_000,
        control=_value(section, "a=control:") or "",
        parameter_sets=_sets(_value(section, f"a=fmtp:{payload_type} ") or "", codec),
        covers=parse_clock(covers),
    )


def _sound(section: list[str]) -> SoundTrack | None:
    words = section[0][2:].split()
    if len(words) < 4 or words[0] != "audio" or not _NUMBER.fullmatch(words[3]):
        return None
    payload_type = int(words[3])
    mapped = _value(section, f"a=rtpmap:{payload_type} ") or _STATIC.get(payload_type, "")
    name, _, rest = mapped.partition("/")
    rate, _, channels = rest.partition("/")
    if not _NUMBER.fullmatch(rate) or not 0 < int(rate) <= 192_000:
        return None
    hz = int(rate)
    coding = _SOUNDS.get(name.upper(), name.lower())
    fields = _fields(_value(section, f"a=fmtp:{payload_type} ") or "")
    if coding == "aac" and not fields.get("mode", "").lower().startswith("aac"):
        coding = "mpeg4-generic"  # CELP, or something of a stream
    form = SoundFormat(
        coding, hz, int(channels) if channels in {"1", "2"} else 1, _hex(fields.get("config", ""))
    )
    bits = [
        int(bits) if re.fullmatch("[0-9]{1,2}", bits := fields.get(name, "")) else 0
        for name in ("sizelength", "indexlength")
    ]
    control = _value(section, "a=control:") or ""
    return SoundTrack(form, payload_type, hz, control, *bits)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)[:64]
    except ValueError:
        return b""


def _value(lines: list[str], prefix: str) -> str | None:
    return next((line[len(prefix) :].strip() for line in lines if line.startswith(prefix)), None)


def _sets(parameters: str, codec: Codec) -> ParameterSets | None:
    fields = _fields(parameters)
    names = (
        ("sprop-vps", "sprop-sps", "sprop-pps") if codec == "h265" else ("sprop-parameter-sets",)
    )
    units = []
    for name in names:
        for coded in fields.get(name, "").split(","):
            try:
                unit = base64.b64decode(coded, validate=False)
            except (binascii.Error, ValueError):
                continue
            if len(unit) > 2:
                units.append(unit)
    return find_parameter_sets(units, codec)


def _fields(parameters: str) -> dict[str, str]:
    """Return the parameters of an ``a=fmtp`` line, names in lower case."""
    return {
        name.strip().lower(): value.strip()
        for name, _, value in (part.partition("=") for part in parameters.split(";"))
    }
