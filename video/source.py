"""Where a camera's stream is, who may see it, and how it is opened with PyAV."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import av
import av.error
from av.container import InputContainer

from video.addresses import AddressPolicy
from video.allocation import bound_allocations
from video.bitstream import Codec
from video.credentials import Credentials
from video.errors import (
    CodecUnplayable,
    CredentialsRejected,
    DeviceError,
    StreamFailed,
    TimedOut,
    Unreachable,
)
from video.rtsp import describe

_CODECS: dict[str, Codec] = {"h264": "h264", "hevc": "h265"}
# VIDEO.md section 3: opens warm streams in 76 ms; the parameter sets come with the description.
# Without `nobuffer`, which throws away what was read while opening: the key picture a camera sends
# on PLAY, so that the next group had to be awaited.
_OPTIONS = {
    "rtsp_transport": "tcp",
    "probesize": "32",
    "analyzeduration": "0",
    "allowed_media_types": "video",
    "protocol_whitelist": "rtsp,rtp,tcp,tls",
    # While opening, FFmpeg would decode to find out sizes: here nothing is decoded, ever.
    "codec_whitelist": "none",
    "user_agent": "gridlink",
}


@dataclass(frozen=True, slots=True)
class StreamTarget:
    """Where a stream is and who may see it; the URLs hold no login, see `Credentials.blanked`."""

    url: str
    policy: AddressPolicy = field(repr=False)
    credentials: Credentials = field(default_factory=Credentials, repr=False)
    snapshot_url: str | None = None


@dataclass(frozen=True, slots=True)
class SourceTiming:
    """Patience of a source, in seconds.

    ``read_s`` is FFmpeg's own limit; it fires at twice its value, because the first expiry only
    releases the frame its parser holds (VIDEO.md section 3).
    """

    open_s: float = 5.0
    read_s: float = 1.5
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0


USUAL = SourceTiming()


def open_stream(
    target: StreamTarget, timing: SourceTiming, *, with_sound: bool = False
) -> InputContainer:
    """Return an open container for the target, checked, pinned and asked first.

    Parameters
    ----------
    target : StreamTarget
        Checked against its policy anew each time; a name may have moved since.
    timing : SourceTiming
        ``open_s`` bounds the description and the opening each.
    with_sound : bool
        Whether the sound is asked for too.

    Returns
    -------
    InputContainer
        To be closed by the caller.

    Raises
    ------
    DeviceError
        Any of the tree; never with user info, and never chained to FFmpeg's own error, whose
        text holds the URL with the password.

    """
    bound_allocations()
    address = target.policy.check(target.credentials.filled(target.url))
    describe(address, target.credentials, deadline_s=timing.open_s)
    options: dict[str, Any] = dict(_OPTIONS)
    if with_sound:
        options["allowed_media_types"] = "video+audio"
    try:
        return av.open(
            target.credentials.put_into(address.url),
            options=options,
            timeout=(timing.open_s, timing.read_s),
        )
    except (av.error.FFmpegError, OSError) as error:
        raise as_device_error(error) from None


def codec_of(container: InputContainer) -> Codec:
    """Return the codec of the first video stream.

    Raises
    ------
    CodecUnplayable
        Neither H.264 nor H.265, or no video at all.

    """
    if not container.streams.video:
        raise CodecUnplayable("the stream holds no video")
    name = container.streams.video[0].codec_context.name
    if name not in _CODECS:
        raise CodecUnplayable(f"the camera sends {name}")
    return _CODECS[name]


def as_device_error(error: Exception) -> DeviceError:
    """Return our error for one of FFmpeg's, told by type alone: its text may hold the password."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return CredentialsRejected()
    if isinstance(error, av.error.ExitError | TimeoutError):
        return TimedOut("no packet in time")
    if isinstance(error, ConnectionError | av.error.ConnectionRefusedError):
        return Unreachable("connection refused or lost")
    return StreamFailed(type(error).__name__)
