"""A device's user name and password, which no repr, log or error shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

#: Shorter ones stand in any address.
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password of one device; the empty user name means none are needed."""

    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def given(self) -> bool:
        return bool(self.username)

    def secrets(self) -> tuple[str, ...]:
        """Return what ``redact`` has to look for."""
        return (self.password,) if self.password else ()

    def blanked(self, url: str) -> str:
        """Return an address a device states without the login it repeats in path or query.

        Xiongmai's recorders write ``/user=admin_password=secret_channel=1``, and such an address
        is kept. `filled` undoes it, with the login of its own day. A user's name alone is no
        login: it may be a folder.
        """
        scheme, mark, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        marks = self._marks()
        if not any(_whole(said).search(path) for name, said in marks if "password" in name):
            return url
        for name, said in marks:
            path = _whole(said).sub(name, path)
        return f"{scheme}{mark}{host}{slash}{path}"

    def filled(self, url: str) -> str:
        """Return a kept address with the login where `blanked` took it out; for one opening."""
        for mark, said in reversed(self._marks()):
            url = url.replace(mark, said)
        return url

    def _marks(self) -> list[tuple[str, str]]:
        marks = [("{password}", self.password), ("{password%}", quote(self.password, safe=""))]
        marks += [("{user}", self.username), ("{user%}", quote(self.username, safe=""))]
        return [(mark, said) for mark, said in marks if len(said) >= _SHORTEST]

    def put_into(self, url: str) -> str:
        """Return the URL with percent-encoded user info; for the moment of opening alone.

        Parameters
        ----------
        url : str
            Address without user info.

        Returns
        -------
        str
            Never store, log or pass it on.

        """
        if not self.given:
            return url
        parts = urlsplit(url)
        user_info = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{user_info}@{host}"))


def _whole(said: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9A-Za-z]){re.escape(said)}(?![0-9A-Za-z])")
