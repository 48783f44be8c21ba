"""Passwords: argon2id hashes, and a rule that refuses the weakest."""

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..errors import InvalidField

LEAST_LENGTH, MOST_LENGTH = 10, 200
# Each verification takes 64 MiB; a flood of sign-ins must not take the machine's memory.
_AT_ONCE = threading.BoundedSemaphore(4)


class WeakPassword(InvalidField):
    code = "users.weak_password"
    zh = "密码太弱：至少 {least} 个字符，最多 {most} 个，且不能与用户名相同。"
    en = "The password is too weak: {least} to {most} characters, and not the user name."


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """Return a hash to verify against when there is no such account: equal work, equal time."""
    return _hasher().hash("nobody's password")


def hash_of(password: str, *, username: str) -> str:
    """Return the hash to store.

    Raises
    ------
    WeakPassword
        If it is too short, too long or the user name itself.

    """
    is_fit = LEAST_LENGTH <= len(password) <= MOST_LENGTH
    if not is_fit or password.casefold() == username.casefold():
        raise WeakPassword(field="password", least=LEAST_LENGTH, most=MOST_LENGTH)
    with _AT_ONCE:
        return _hasher().hash(password)


def is_right(password: str, stored: str | None) -> bool:
    """Return whether `password` matches; without a stored hash it takes as long and says no."""
    if len(password) > MOST_LENGTH:
        return False
    with _AT_ONCE:
        try:
            matches = _hasher().verify(stored or _nobody(), password)
        except (VerificationError, InvalidHashError):
            return False
    return matches and stored is not None
