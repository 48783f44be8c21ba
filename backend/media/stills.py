"""Stills on a snapshot ticket, for the API process alone."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from video.errors import DeviceError
from video.protocol import viewer_code

from ..errors import GridlinkError
from . import records

if TYPE_CHECKING:
    from .worker import Worker

_LONGEST_BODY = 1024


async def still(worker: Worker, request: Request) -> Response:
    """Answer a snapshot ticket with a JPEG; only the API process knows such tickets."""
    try:
        ticket = str(json.loads(await short_body(request))["ticket"])
        admission = await asyncio.to_thread(records.redeem, ticket, "snapshot")
    except (ValueError, KeyError, TypeError, GridlinkError, SQLAlchemyError):
        return JSONResponse({"code": "stream.ticket_refused"}, status_code=403)
    key = records.hub_key(admission.camera_id, admission.profile)
    try:
        snapshot = await worker.gateway.snapshot(key)
    except DeviceError as error:
        await asyncio.to_thread(records.finish, admission.stream_id, 0, error.code)
        return JSONResponse({"code": viewer_code(error.code)}, status_code=502)
    await asyncio.to_thread(records.finish, admission.stream_id, len(snapshot.jpeg), "snapshot")
    return Response(
        snapshot.jpeg,
        media_type="image/jpeg",
        headers={"X-Taken-At": snapshot.taken_at.isoformat(), "X-Origin": snapshot.origin},
    )


async def short_body(request: Request) -> bytes:
    """Return the body, as far as a ticket can be long: anybody may knock at this port."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_BODY:
            raise ValueError("too long for a ticket")
    return body
