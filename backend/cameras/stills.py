"""A fresh still of a camera, asked for with a purpose and registered like any opening."""

from dataclasses import dataclass

from ..access import Principal
from ..db import begin
from ..errors import Unavailable
from . import registry, streams

_ANSWER_S = 8.0


@dataclass(frozen=True, slots=True)
class Still:
    """A JPEG and when it was taken, as the media worker wrote it (ISO 8601, UTC)."""

    content: bytes
    taken_at: str


def take(user: Principal, camera_id: int, viewer: streams.Viewer) -> Still:
    """Return a still; the ticket is written in a transaction of its own before it is redeemed."""
    import httpx  # brings rich and click; only a snapshot needs it

    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        issued = streams.issue(session, camera, viewer, kind="snapshot", profile="main")
        name = camera.name
    # The ticket must be committed before the media worker can redeem it.
    try:
        answer = httpx.post(
            streams.snapshot_url(camera_id), json={"ticket": issued.ticket}, timeout=_ANSWER_S
        )
    except httpx.HTTPError as lost:
        raise Unavailable(part="media") from lost
    if answer.status_code != httpx.codes.OK:
        raise streams.PictureFailed(name=name, reason=answer.json().get("code", "?"))
    return Still(answer.content, answer.headers.get("X-Taken-At", ""))
