"""`POST /api/patrol/fixes` and `/api/patrol/osmand`: fixes in, durable before they are answered.

Spoken as plain ASGI beside tiles and events: a county's trackers send by the thousand, and the
framework's checks of one row cost more than storing it. No address is logged here: OsmAnd's form
puts a tracker's token into it.
"""

from http import HTTPStatus

import msgspec
import numpy as np
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from ...answers import CutShort, MethodNotAllowed
from ...settings import load
from . import decoding, osmand
from .batch import NO_FIXES, Batch, Fixes, Outcome
from .committing import Committer
from .decoding import Fix
from .refusals import Refusal
from .senders import Sender, Senders

PATHS = ("/api/patrol/fixes", "/api/patrol/osmand")


class FixGateway:
    """Takes fixes of trackers, handhelds and gateways; `close` ends its committer."""

    def __init__(self) -> None:
        self._senders = Senders()
        self._committer = Committer()

    async def close(self) -> None:
        await self._committer.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises
        ------
        GridlinkError
            Before anything was sent; the edge answers it.

        """
        if scope["path"] == PATHS[1]:
            outcome = await self._take_report(scope, receive)
        elif scope["path"] == PATHS[0] and scope["method"] == "POST":
            outcome = await self._take_batch(scope, receive)
        else:
            raise _wrong_method()
        await _answer(send, outcome)

    async def _take_batch(self, scope: Scope, receive: Receive) -> Outcome:
        sender = await self._senders.of_request(Headers(scope=scope), scope["method"])
        body = await _body(receive)
        limit = load().patrol.rows_per_batch
        fixes, places, unit, refused = decoding.decoded(body, limit=limit)
        return await self._committer.commit(await self._batch(sender, fixes, places, unit, refused))

    async def _take_report(self, scope: Scope, receive: Receive) -> Outcome:
        if scope["method"] not in ("GET", "POST"):
            raise _wrong_method()
        headers = Headers(scope=scope)
        body = await _body(receive)
        report = osmand.read(scope["query_string"], body, headers.get("content-type", ""))
        sender = await self._senders.of_token(report.token, in_url=report.is_in_url)
        if isinstance(report.fix, str):
            refusal = [Refusal(0, report.fix)]
            batch = await self._batch(sender, [], [], None, refusal)
        else:
            batch = await self._batch(sender, [report.fix], [0], None, [])
        return await self._committer.commit(batch)

    async def _batch(
        self,
        sender: Sender,
        fixes: list[Fix],
        places: list[int],
        unit: str | None,
        refused: list[Refusal],
    ) -> Batch:
        """Return the columns of a request's rows, each with the unit it is of."""
        units = [sender.unit_id] * len(fixes)
        if sender.gateway is not None:
            codes = [fix.unit or unit or "" for fix in fixes]
            known = await self._senders.units_of(sender, set(codes))
            units = [known.get(code) for code in codes]
        nameless = [k for k, number in enumerate(units) if number is None]
        if nameless:
            refused = [*refused, *(Refusal(places[k], "fixes.unknown_unit") for k in nameless)]
            named = [k for k, number in enumerate(units) if number is not None]
            fixes, places = [fixes[k] for k in named], [places[k] for k in named]
            units = [units[k] for k in named]
        columns, off = _columns(fixes, places, units)
        one = sender.unit_id
        of_unit = {r.row: one for r in (*refused, *off)} if one is not None else {}
        return Batch(columns, (*refused, *off), sender.tracker_id, of_unit)


def _columns(
    fixes: list[Fix], places: list[int], units: list[int | None]
) -> tuple[Fixes, list[Refusal]]:
    if not fixes:
        return NO_FIXES, []
    return decoding.columns(fixes, places, np.array(units, np.int64))


def _wrong_method() -> CutShort:
    return CutShort(MethodNotAllowed(), HTTPStatus.METHOD_NOT_ALLOWED)


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _answer(send: Send, outcome: Outcome) -> None:
    content = {
        "accepted": outcome.accepted,
        "duplicates": outcome.duplicates,
        "refused": [refusal.told() for refusal in outcome.refused],
    }
    body = msgspec.json.encode(content)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
