"""Where makers' recorders play recordings without ONVIF: each way by name, from the live address.

Taken from the makers' published address rules, not tried on devices. Whether the times in such an
address are UTC or the device's own zone differs by firmware; UTC is sent, as the 'Z' they show.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class PlaybackUrl:
    """One maker's way; ``write`` gives the path for a stretch, ``path`` what live paths it knows.

    ``states_range``: the stretch stands in the address, and PLAY asks for all of it.
    """

    name: str
    path: re.Pattern[str]
    write: Callable[[re.Match[str], str, datetime, datetime], str]
    states_range: bool = True


def _hikvision(live: re.Match[str], _: str, start: datetime, end: datetime) -> str:
    form = "%Y%m%dT%H%M%SZ"
    return f"/Streaming/tracks/{live[1]}?starttime={start:{form}}&endtime={end:{form}}"


def _dahua(_: re.Match[str], query: str, start: datetime, end: datetime) -> str:
    fields = parse_qs(query)
    channel, subtype = _number(fields, "channel", 1), _number(fields, "subtype", 0)
    form = "%Y_%m_%d_%H_%M_%S"
    where = f"channel={channel}&subtype={subtype}"
    return f"/cam/playback?{where}&starttime={start:{form}}&endtime={end:{form}}"


def _number(fields: dict[str, list[str]], name: str, otherwise: int) -> int:
    said = fields.get(name, [""])[0]
    return int(said) if re.fullmatch("[0-9]{1,6}", said) else otherwise


def _uniview(live: re.Match[str], _: str, start: datetime, end: datetime) -> str:
    return f"/c{live[1]}/replay/"


PLAYBACK_URLS = (
    PlaybackUrl("hikvision_tracks", re.compile(r"/Streaming/[Cc]hannels/(\d{1,6})/?$"), _hikvision),
    PlaybackUrl("dahua_playback", re.compile(r"/cam/realmonitor/?$"), _dahua),
    PlaybackUrl(
        "uniview_replay",
        re.compile(r"/(?:unicast|media)/(?:c|video)(\d{1,4})(?:/s\d/live)?$"),
        _uniview,
        states_range=False,
    ),
)


def way_of(live_url: str) -> PlaybackUrl | None:
    """Return the maker's way for a live address, None where plain `Range: clock=` is all."""
    path = urlsplit(live_url).path
    return next((way for way in PLAYBACK_URLS if way.path.search(path)), None)


def playback_url(live_url: str, start: datetime, end: datetime) -> str:
    """Return where a stretch is played from; the live address itself without a maker's way.

    Parameters
    ----------
    live_url : str
        Of the camera's stream, without user info.
    start, end : datetime
        Aware, by the device's clock; whole seconds are sent.

    Returns
    -------
    str

    Examples
    --------
    >>> at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    >>> playback_url("rtsp://10.0.0.4/Streaming/Channels/201", at, at)
    'rtsp://10.0.0.4/Streaming/tracks/201?starttime=20261122T080000Z&endtime=20261122T080000Z'

    """
    parts = urlsplit(live_url)
    way = way_of(live_url)
    found = way.path.search(parts.path) if way else None
    if way is None or found is None:
        return live_url
    path = way.write(found, parts.query, start.astimezone(UTC), end.astimezone(UTC))
    path, _, query = path.partition("?")
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))
