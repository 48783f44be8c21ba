"""MediaMTX, the outer gateway for sites of scale: its private control API, as far as we use it.

Written against its OpenAPI description (github.com/bluenviron/mediamtx, api/openapi.yaml). The
sessions moved from `/v3/webrtcsessions` to `/v3/webrtc/sessions` between versions: the newer
place is tried first. Blocks; call it in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from video.errors import ProtocolViolation, Unreachable

if TYPE_CHECKING:
    import httpx

USER = "gridlink"
_SESSIONS = ("/v3/webrtc/sessions", "/v3/webrtcsessions")
_PER_PAGE = 1000
_MOST_PAGES = 50


@dataclass(frozen=True, slots=True)
class OuterSession:
    """One WebRTC viewer as MediaMTX counts it."""

    id: str
    path: str
    bytes_sent: int


class MediaMtx:
    """The control API of one MediaMTX.

    Parameters
    ----------
    address : str
        ``http://host:9997``, on a network viewers cannot reach.
    secret : str
        Its password for us; never sent anywhere else.
    timeout_s : float
        For each call.

    """

    def __init__(self, address: str, secret: str, timeout_s: float = 5.0) -> None:
        self._address = address.rstrip("/")
        self._secret = secret
        self._timeout_s = timeout_s
        self._sessions: str | None = None

    def put_path(self, name: str, source: str, close_after_s: float) -> None:
        """Make a path that pulls a camera while somebody reads it, or set it anew.

        Parameters
        ----------
        name : str
            Opaque; viewers see it.
        source : str
            RTSP address with the camera's login: goes into the body of this call alone.
        close_after_s : float
            How long the camera is pulled after the last viewer left.

        Raises
        ------
        Unreachable, ProtocolViolation
            MediaMTX does not answer, or refuses.

        """
        wanted = {
            "source": source,
            "sourceOnDemand": True,
            "sourceOnDemandCloseAfter": f"{close_after_s:g}s",
            "rtspTransport": "tcp",
        }
        at = f"/v3/config/paths/get/{quote(name, safe='')}"
        known = self._call("GET", at, missing_is=404)
        if known is not None and all(known.get(key) == value for key, value in wanted.items()):
            return  # setting it anew would end everyone's picture
        self._call("POST", f"/v3/config/paths/replace/{quote(name, safe='')}", json=wanted)

    def drop_path(self, name: str) -> None:
        """Remove a path and end its viewers; one that is not there is no error."""
        self._call("DELETE", f"/v3/config/paths/delete/{quote(name, safe='')}", missing_is=404)

    def sessions(self) -> dict[str, OuterSession]:
        """Return all WebRTC viewers by their id."""
        found: dict[str, OuterSession] = {}
        for page in range(_MOST_PAGES):
            listed = self._list(page)
            for item in listed.get("items") or []:
                sent = item.get("outboundBytes", item.get("bytesSent", 0))
                session = OuterSession(str(item["id"]), str(item.get("path", "")), int(sent))
                found[session.id] = session
            if page + 1 >= int(listed.get("pageCount", 1)):
                break
        return found

    def kick(self, session_id: str) -> None:
        """End a viewer; one that has gone is no error."""
        if self._sessions is None:
            self._list(0)
        place = f"{self._sessions}/kick/{quote(session_id, safe='')}"
        self._call("POST", place, missing_is=404)

    def _list(self, page: int) -> dict[str, Any]:
        query = f"/list?page={page}&itemsPerPage={_PER_PAGE}"
        for prefix in (self._sessions,) if self._sessions else _SESSIONS:
            listed = self._call("GET", prefix + query, missing_is=404)
            if listed is not None:
                self._sessions = prefix
                return listed
        raise ProtocolViolation("MediaMTX lists no WebRTC sessions: an unknown version")

    def _call(
        self, method: str, place: str, *, json: Any = None, missing_is: int | None = None
    ) -> dict[str, Any] | None:
        """Return the answer's object, None for status `missing_is`. No error names the body."""
        import httpx  # few processes call it

        try:
            answer = httpx.request(
                method,
                self._address + place,
                json=json,
                auth=(USER, self._secret),
                timeout=self._timeout_s,
                trust_env=False,
            )
        except httpx.HTTPError as error:
            raise Unreachable(f"MediaMTX: {type(error).__name__}") from None
        if answer.status_code == missing_is:
            return None
        return _object(answer, place)


def _object(answer: httpx.Response, place: str) -> dict[str, Any]:
    if answer.status_code // 100 != 2:
        verb = place.split("?", maxsplit=1)[0].rsplit("/", 1)[0]
        raise ProtocolViolation(f"MediaMTX answered {answer.status_code} to {verb}")
    try:
        told = answer.json() if answer.content else {}
    except ValueError:
        raise ProtocolViolation("MediaMTX answered no JSON") from None
    return told if isinstance(told, dict) else {}
