"""Sign-ins that fail are counted, per user name and per source address, in the database.

The attempt is counted before the password is looked at, so that a hundred at once gain nothing.
"""

from datetime import timedelta

from sqlalchemy import Float, Select, delete, func, select, text, type_coerce
from sqlalchemy.orm import Session

from ..errors import TooMany
from .models import LoginAttempt

WINDOW = timedelta(minutes=15)
PER_USERNAME, PER_SOURCE = 5, 50


class SignInThrottled(TooMany):
    code = "session.throttled"
    zh = "登录失败次数过多，请 {retry_after_s} 秒后再试。"
    en = "Too many failed sign-ins: try again in {retry_after_s} seconds."


def count_attempt(session: Session, *, username: str, source: str) -> int:
    """Count one attempt and return its id.

    Raises
    ------
    SignInThrottled
        If the user name or the source has failed too often within `WINDOW`.

    """
    for key in sorted((f"user:{username}", f"source:{source}")):
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": key})
    session.execute(delete(LoginAttempt).where(LoginAttempt.at < func.now() - WINDOW))
    _refuse_beyond(session, _recent().where(LoginAttempt.username == username), PER_USERNAME)
    _refuse_beyond(session, _recent().where(LoginAttempt.source == source), PER_SOURCE)
    attempt = LoginAttempt(username=username, source=source)
    session.add(attempt)
    session.flush()
    return attempt.id


def forgive(session: Session, *, username: str) -> None:
    """Forget the failures of a user name that has now signed in."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.username == username))


def _recent() -> Select[int, float | None]:
    until_free_s = func.extract("epoch", func.min(LoginAttempt.at) + WINDOW - func.now())
    return select(func.count(), type_coerce(until_free_s, Float))


def _refuse_beyond(session: Session, recent: Select[int, float | None], most: int) -> None:
    count, until_free_s = session.execute(recent).one()
    if count >= most:
        raise SignInThrottled(retry_after_s=max(1, round(until_free_s or 1)))
