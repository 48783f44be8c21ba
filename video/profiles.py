"""A device's media profiles, and which of them to pull for a viewer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from video.errors import CodecUnplayable

_NAMES_OF_CODECS = {"avc1": "h264", "hvc1": "h265"}


@dataclass(frozen=True, slots=True)
class Profile:
    """One media profile; sizes in pixels, ``gop`` in frames, None where the device does not say.

    ``codec`` is ``h264``, ``h265`` or the device's own word in lower case; the addresses hold no
    user info and point at the device's own address.
    """

    token: str
    name: str
    codec: str
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    gop: int | None = None
    bitrate_kbps: int | None = None
    stream_url: str = ""
    snapshot_url: str | None = None
    has_ptz: bool = False

    @property
    def pixels(self) -> int:
        return (self.width or 0) * (self.height or 0)


def choose_profile(
    profiles: Iterable[Profile], *, want: Literal["sub", "main"], browser_codecs: frozenset[str]
) -> Profile:
    """Return the profile to pull, so that transcoding is the last resort.

    First rungs of the ladder: among the profiles the browser plays as they are, the largest for
    ``main`` and the smallest for ``sub``; H.264 before H.265 at equal size, since every later
    viewer can play it. When the browser plays none, the H.265 profile that costs least to
    convert: the smallest.

    Parameters
    ----------
    profiles : iterable of Profile
        Those without a stream address are passed over.
    want : {"sub", "main"}
        Tile or full screen.
    browser_codecs : frozenset of str
        ``avc1`` and ``hvc1`` as the browser reports them.

    Returns
    -------
    Profile
        ``codec`` tells whether a transcode follows.

    Raises
    ------
    CodecUnplayable
        Neither H.264 nor H.265 is offered.

    """
    streams = [profile for profile in profiles if profile.stream_url]
    plays = {_NAMES_OF_CODECS[codec] for codec in browser_codecs & set(_NAMES_OF_CODECS)}
    playable = [profile for profile in streams if profile.codec in plays]
    if playable:
        if want == "main":
            return max(playable, key=lambda one: (one.pixels, one.codec == "h264"))
        return min(playable, key=lambda one: (one.pixels, one.codec != "h264"))
    convertible = [profile for profile in streams if profile.codec == "h265"]
    if not convertible:
        raise CodecUnplayable(f"offered: {', '.join(sorted({one.codec for one in streams}))}")
    return min(convertible, key=lambda one: one.pixels)
