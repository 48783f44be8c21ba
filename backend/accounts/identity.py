"""From a cookie or a bearer token to the principal; asked at every request.

Sign-out, deactivation, an end date and a change of role therefore hold at once.
"""

import base64
import hmac
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.cookies import CookieError, SimpleCookie

from sqlalchemy import text

from .. import db
from ..access import Principal, language_of
from ..divisions.codes import span
from ..errors import NotAllowed
from .rights import rights_of
from .secrets import TOKEN_PREFIX, digest

COOKIE = "gridlink_session"
REMEMBERED_S = 3.0
_REMEMBERED_MOST = 4096
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_ACCOUNT = """
 SELECT u.id, u.username, u.display_name, u.role, u.division_code, {session_id}, {csrf}
 FROM {table} s JOIN users u ON u.id = s.user_id
 WHERE s.token_hash = :hash AND s.ended_at IS NULL AND s.expires_at > now()
   AND u.is_active AND (u.ends_at IS NULL OR u.ends_at > now())
"""
_BY_SESSION = text(_ACCOUNT.format(table="sessions", session_id="s.id", csrf="s.csrf_token"))
_BY_TOKEN = text(_ACCOUNT.format(table="tokens", session_id="NULL", csrf="NULL"))


class CsrfMissing(NotAllowed):
    code = "session.csrf"
    zh = "请求缺少有效的 X-CSRF-Token，请刷新页面后重试。"
    en = "The request lacks a valid X-CSRF-Token: reload the page and try again."


@dataclass(frozen=True, slots=True)
class Identity:
    """A principal, and the CSRF token that its unsafe requests must repeat (None for tokens)."""

    principal: Principal
    csrf_token: str | None = field(repr=False)

    def check_csrf(self, method: str, presented: str | None) -> None:
        """Refuse an unsafe request of a cookie session that does not repeat its token.

        Raises
        ------
        CsrfMissing
            If the header is absent or differs.

        """
        if method in _SAFE_METHODS or self.csrf_token is None:
            return
        if presented is None or not hmac.compare_digest(
            presented.encode(), self.csrf_token.encode()
        ):
            raise CsrfMissing()


def presented_secret(headers: Mapping[str, str], *, takes_basic: bool = False) -> str | None:
    """Return the bearer token or else the session cookie of a request.

    With `takes_basic` a bearer token may stand as the password of Basic authentication; an
    account's own password never may.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip() or None
    if takes_basic and scheme.lower() == "basic":
        return _basic_token(token)
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _basic_token(written: str) -> str | None:
    try:
        password = base64.b64decode(written.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return None
    return password if password.startswith(TOKEN_PREFIX) else None


def identify(headers: Mapping[str, str], *, takes_basic: bool = False) -> Identity | None:
    """Return who sends these headers, None for nobody; header names in small letters."""
    secret = presented_secret(headers, takes_basic=takes_basic)
    found = look_up(secret) if secret else None
    if found is None:
        return None
    language = language_of(headers.get("accept-language"))
    return replace(found, principal=replace(found.principal, language=language))


def look_up(secret: str) -> Identity | None:
    """Return the live account behind a secret."""
    statement = _BY_TOKEN if secret.startswith(TOKEN_PREFIX) else _BY_SESSION
    # Read-only and asked before every request: autocommit spares BEGIN and COMMIT.
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(statement, {"hash": digest(secret)}).one_or_none()
    if row is None:
        return None
    user_id, username, display_name, role, division_code, session_id, csrf_token = row
    principal = Principal(
        id=user_id,
        username=username,
        display_name=display_name,
        role=role,
        division_code=division_code,
        scope=db.Scope(user_id, *span(division_code)),
        rights=rights_of(role),
        session_id=session_id,
    )
    return Identity(principal, csrf_token)


class Remembered:
    """Identities kept for `REMEMBERED_S`, for tiles: hundreds come in a second from one map."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[float, Identity]] = OrderedDict()

    def get(self, secret: str) -> Identity | None:
        """Return a fresh enough identity without asking the database."""
        kept = self._known.get(secret)
        if kept is None or kept[0] < time.monotonic():
            return None
        return kept[1]

    def put(self, secret: str, identity: Identity) -> None:
        """Keep an identity; the oldest goes when there are too many."""
        self._known[secret] = (time.monotonic() + REMEMBERED_S, identity)
        self._known.move_to_end(secret)
        if len(self._known) > _REMEMBERED_MOST:
            self._known.popitem(last=False)
