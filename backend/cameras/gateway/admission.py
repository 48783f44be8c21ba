"""Whom the outer gateway may serve: it asks before every read, and a ticket is the only answer.

The body is MediaMTX's (`authMethod: http`): user, password, token, ip, action, path, protocol, id,
query. Its own control API asks too, for our calls.
"""

import hmac
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.orm import Session

from .. import viewing
from ..streams import digest
from . import paths

_Word = Annotated[str, Field(max_length=512)]


class Question(BaseModel):
    """What MediaMTX asks; newer versions may say more."""

    model_config = ConfigDict(extra="ignore")

    action: _Word
    user: _Word = ""
    password: Annotated[str, Field(max_length=512, repr=False)] = ""
    token: Annotated[str, Field(max_length=512, repr=False)] = ""
    path: _Word = ""
    protocol: _Word = ""
    id: Annotated[str | None, Field(max_length=64)] = None


_ADMITTED = text(
    "SELECT id FROM streams WHERE ticket_hash = :digest AND gateway_session = :session"
    " AND ended_at IS NULL"
)
_BIND = text("UPDATE streams SET gateway_session = :session WHERE id = :id")


def admits(session: Session, question: Question) -> bool:
    """Return whether the gateway may do what it asks for.

    A read needs a fresh ticket of that very path; a second question of the same session about the
    same ticket is the same read. Nothing may be published, played back or looked into.
    """
    if question.action == "api":
        return is_secret(question.password)
    ticket = question.token or question.password
    if question.action != "read" or question.protocol != "webrtc" or not question.id or not ticket:
        return False  # without a ticket the client has only not been asked yet: it comes again
    known = {"digest": digest(ticket), "session": question.id}
    return session.scalar(_ADMITTED, known) is not None or _redeems(session, ticket, question)


def _redeems(session: Session, ticket: str, question: Question) -> bool:
    """Use up the ticket and bind its stream to the gateway's session."""
    try:
        admission = viewing.redeem(session, ticket, "live")
    except viewing.TicketRefused:
        return False
    if paths.name_of(admission.camera_id, admission.profile) != question.path:
        # The ticket is spent: whoever carries it elsewhere does not get a second try.
        viewing.finish(session, admission.stream_id, bytes_sent=0, reason="other_path")
        return False
    session.execute(_BIND, {"session": question.id, "id": admission.stream_id})
    return True


def is_secret(told: str) -> bool:
    """Return whether this is the gateway's password, in constant time."""
    return hmac.compare_digest(told.encode(), paths.secret().encode())
