"""Signing in and out of the console. Each outcome enters the register."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from .. import db
from ..access import Principal
from ..audit.register import Act, enter
from ..errors import NotSignedIn
from . import passwords, throttle
from .models import SignIn, User
from .secrets import digest, new_csrf_token, new_session_secret


class WrongCredentials(NotSignedIn):
    code = "session.wrong_credentials"
    zh = "用户名或密码不正确，请检查后重试。"
    en = "The user name or the password is not right: check them and try again."


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just opened; `secret` goes into the cookie and is stored nowhere."""

    secret: str = field(repr=False)
    csrf_token: str = field(repr=False)
    user_id: int


def sign_in(username: str, password: str, *, source: str, lasts: timedelta) -> Opened:
    """Open a session.

    Three short transactions: the attempt must stay counted when the password is wrong, and no
    connection is held while argon2 works.

    Raises
    ------
    SignInThrottled
        If too many attempts failed lately.
    WrongCredentials
        If there is no such active account, or the password is another; both take as long.

    """
    name = username.strip().lower()
    with db.begin() as session:
        throttle.count_attempt(session, username=name, source=source)
        user = session.scalars(select(User).where(User.username == name)).one_or_none()
    stored = user.password_hash if user is not None else None
    is_right = passwords.is_right(password, stored)
    with db.begin() as session:
        if user is None or not is_right or not _is_current(user):
            enter(session, Act("session.refused", None, name[:100], detail={"source": source}))
        else:
            throttle.forgive(session, username=name)
            return _open(session, user, source=source, lasts=lasts)
    raise WrongCredentials()


def sign_out(session: Session, principal: Principal) -> None:
    """End the session that asks."""
    session.execute(
        update(SignIn).where(SignIn.id == principal.session_id).values(ended_at=func.now())
    )
    division = principal.division_code
    enter(session, Act("session.ended", principal.id, principal.username, division_code=division))


def _is_current(user: User) -> bool:
    return user.is_active and (user.ends_at is None or user.ends_at > datetime.now(UTC))


def _open(session: Session, user: User, *, source: str, lasts: timedelta) -> Opened:
    opened = Opened(new_session_secret(), new_csrf_token(), user.id)
    session.add(
        SignIn(
            token_hash=digest(opened.secret),
            csrf_token=opened.csrf_token,
            user_id=user.id,
            expires_at=datetime.now(UTC) + lasts,
        )
    )
    session.flush()
    division = user.division_code
    detail = {"source": source}
    enter(
        session,
        Act("session.opened", user.id, user.username, division_code=division, detail=detail),
    )
    return opened
