"""The end of what the outer gateway serves: left, revoked, lost; entered like any other stream."""

import logging

from sqlalchemy import text

from video.errors import DeviceError
from video.mediamtx import OuterSession

from ...db import begin
from .. import viewing
from . import paths

log = logging.getLogger(__name__)

_OPEN = text(
    "SELECT id, gateway_session, started_at < now() - interval '15 s' AS is_old FROM streams"
    " WHERE gateway_session IS NOT NULL AND ended_at IS NULL"
)


def follow_up(counted: dict[str, int]) -> None:
    """Hold the register against the gateway's sessions, and its sessions against the rights.

    Parameters
    ----------
    counted : dict of str to int
        Bytes sent by session as last seen; kept by the caller between calls.

    """
    try:
        live = paths.control().sessions()
    except DeviceError as error:
        log.warning("gateway away: %s", error, extra={"action": "gateway.away"})
        return
    counted |= {one.id: one.bytes_sent for one in live.values()}
    with begin() as session:
        open_ids: dict[str, int] = {}
        for row in session.execute(_OPEN):
            if row.gateway_session in live:
                open_ids[row.gateway_session] = row.id
            elif row.is_old:  # a session is listed only once its picture comes
                sent = counted.pop(row.gateway_session, 0)
                viewing.finish(session, row.id, bytes_sent=sent, reason="viewer_left")
        allowed = viewing.still_allowed(session, list(open_ids.values()))
        revoked = {one: stream for one, stream in open_ids.items() if stream not in allowed}
        for one, stream_id in revoked.items():
            sent = counted.pop(one, 0)
            viewing.finish(session, stream_id, bytes_sent=sent, reason="revoked")
    _end(live, keep=open_ids.keys() - revoked.keys())


def _end(live: dict[str, OuterSession], keep: set[str]) -> None:
    """End who may no longer watch, and whoever came in without a ticket of ours."""
    for session_id in live.keys() - keep:
        try:
            paths.control().kick(session_id)
        except DeviceError as error:
            log.warning("not ended: %s", error, extra={"action": "gateway.away"})
