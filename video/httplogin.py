"""The login of a device over HTTP, for httpx; `video.digest` tells how it is made."""

from __future__ import annotations

from collections.abc import Generator

import httpx

from video.credentials import Credentials
from video.digest import Challenge, choose_challenge


class DigestLogin(httpx.Auth):
    """The login of one device over HTTP; a nonce is used until the device wants another.

    Parameters
    ----------
    credentials : Credentials

    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._challenge: Challenge | None = None
        self._uses = 0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request, and once more with a login when one is asked for."""
        if self._challenge is not None:
            self._sign(request, self._challenge)
        answer = yield request
        if answer.status_code != 401:
            return
        asked = [
            value.decode("latin-1")
            for name, value in answer.headers.raw
            if name.lower() == b"www-authenticate"
        ]
        challenge = choose_challenge(asked)
        if challenge is None:
            return
        self._challenge, self._uses = challenge, 0
        self._sign(request, challenge)
        yield request

    def _sign(self, request: httpx.Request, challenge: Challenge) -> None:
        self._uses += 1
        request.headers.encoding = "latin-1"  # a realm in GBK goes back byte for byte
        request.headers["Authorization"] = challenge.answer(
            self._credentials,
            request.method,
            request.url.raw_path.decode("latin-1"),
            count=self._uses,
            encoding="latin-1",
        )
