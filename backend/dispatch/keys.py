"""Idempotency keys: a request repeated with its key makes nothing twice."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Header
from pydantic import StringConstraints
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from ..access import Principal
from .models import DispatchKey
from .refusals import KeyUsedOtherwise

Key = Annotated[Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")] | None, Header()]
"""A route's parameter `idempotency_key`, from the header of that name."""

KEPT = timedelta(days=30)
"""A handheld that was off for a month and sends the same click again is out of luck."""


class Click:
    """One request with its key, inside its transaction; without a key every request is new."""

    def __init__(self, session: Session, by: Principal, key: str | None, asked: Any) -> None:
        self._session = session
        self._by = by
        self._key = key
        self._asked = asked if isinstance(asked, bytes) else fingerprint(asked)

    def earlier(self) -> int | None:
        """Return what this click made before, if it did.

        Raises
        ------
        KeyUsedOtherwise
            If the key named a request for something else.

        """
        if self._key is None:
            return None
        # Two attempts of one click at the same moment: the second waits and finds the first.
        self._session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, :who))"),
            {"key": self._key, "who": self._by.id},
        )
        known = self._session.get(DispatchKey, (self._by.id, self._key))
        if known is None:
            return None
        if known.asked != self._asked:
            raise KeyUsedOtherwise()
        return known.subject_id

    def made(self, subject_id: int) -> None:
        """Remember what the click made, in the transaction that made it."""
        if self._key is not None:
            self._session.add(
                DispatchKey(
                    user_id=self._by.id, key=self._key, asked=self._asked, subject_id=subject_id
                )
            )


def fingerprint(asked: Mapping[str, Any]) -> bytes:
    """Return a digest of what a request asks for; equal requests have equal ones."""
    told = json.dumps(asked, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(told.encode()).digest()


def forget_old(session: Session, now: datetime) -> None:
    """Remove keys that nobody will repeat any more."""
    session.execute(delete(DispatchKey).where(DispatchKey.at < now - KEPT))
