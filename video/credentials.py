"""A device's user name and password, which no repr, log or error shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit


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
