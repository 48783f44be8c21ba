"""What a route asks for and who asks: declared rights, the principal, the request's transaction.

A route states its right with `@router.get(..., **right("incidents.read"))`. `accounts.guard` reads
it before the body is read; a route that states none is refused to everybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Request
from sqlalchemy.orm import Session

from . import db
from .errors import Language, NotAllowed, NotSignedIn

Right = Literal[
    "public",
    "signed_in",
    "map.read",
    "sight.read",
    "cameras.read",
    "cameras.edit",
    "cameras.enrol",
    "health.confirm",
    "grids.edit",
    "coverage.read",
    "coverage.plan",
    "streams.open",
    "ptz.control",
    "incidents.read",
    "incidents.report",
    "incidents.act",
    "patrol.read",
    "patrol.edit",
    "tasks.read",
    "tasks.act",
    "alarms.read",
    "alarms.act",
    "alarms.edit",
    "imports.read",
    "imports.write",
    "exports.make",
    "evidence.make",
    "evidence.read",
    "evidence.hold",
    "register.read",
    "users.manage",
    "handheld.use",
    "schema.read",
]
"""`public` needs no sign-in, `signed_in` no more than that; the rest are given by role."""

RIGHT_KEY = "x-right"
BASIC_KEY = "x-basic"
"""A route of this key takes a bearer token as a Basic password too: GIS programs know no other."""
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: an account with its jurisdiction and rights, for the length of one request."""

    id: int
    username: str
    display_name: str
    role: str
    division_code: int
    scope: db.Scope
    rights: frozenset[str]
    language: Language = "zh"
    session_id: int | None = None
    """The console session; None when a program asks with a bearer token."""

    def may(self, wanted: Right) -> bool:
        return wanted in self.rights

    def covers(self, division_code: int) -> bool:
        """Return whether a division lies in the jurisdiction."""
        return self.scope.low <= division_code <= self.scope.high


def right(wanted: Right, **extra: Any) -> dict[str, Any]:
    """Return the keyword arguments by which a route declares the right it asks for."""
    return {"openapi_extra": {RIGHT_KEY: wanted, **extra}}


def admitted(principal: Principal | None, wanted: Right) -> Principal:
    """Return the principal of a request that no route declares: tiles and events.

    Raises
    ------
    NotSignedIn, NotAllowed
        If there is none, or it lacks the right.

    """
    if principal is None:
        raise NotSignedIn()
    if not principal.may(wanted):
        raise NotAllowed(right=wanted)
    return principal


def language_of(accept_language: str | None) -> Language:
    """Return `en` when the header prefers English to Chinese, else `zh`."""
    for part in (accept_language or "").lower().split(","):
        tag = part.strip()
        if tag.startswith(("zh", "*")):
            return "zh"
        if tag.startswith("en"):
            return "en"
    return "zh"


async def current_user(request: Request) -> Principal:
    """Return the principal that the guard put into the request."""
    principal: Principal = request.state.principal
    return principal


CurrentUser = Annotated[Principal, Depends(current_user)]


def transaction(user: CurrentUser) -> Iterator[Session]:
    """Open the request's one transaction under the caller's jurisdiction."""
    with db.begin(user.scope) as session:
        yield session


Tx = Annotated[Session, Depends(transaction, scope="function")]
"""Commits after the route returns and before the answer is sent: no answer tells of lost work."""
