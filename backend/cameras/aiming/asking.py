"""Heads whose devices were never asked what they can: asked now, a few at once, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select

from video.errors import DeviceError, TimedOut
from video.ptz import PtzHead
from video.ptz_skills import Skills

from ...db import Scope, begin
from ...errors import GridlinkError
from ...settings import load
from ..models import Camera
from .headrows import reach_of
from .lines import Lines, Reach, lines
from .models import Head
from .refusals import HeadFailed, NoHead, failed
from .storing import store_failure, store_skills


def ensure_asked(scope: Scope | None, camera_ids: Iterable[int]) -> dict[int, GridlinkError]:
    """Ask the devices of those cameras that were never asked; return why some did not answer."""
    reaches, refused = _unasked(scope, list(camera_ids))
    if not reaches:
        return refused
    answers = lines().run(_ask_all(lines(), reaches))
    with begin(scope) as session:
        for reach, answer in zip(reaches, answers, strict=True):
            camera = session.get(Camera, reach.camera_id)
            if camera is None:
                continue
            if isinstance(answer, DeviceError):
                store_failure(session, camera.id, answer)
                refused[camera.id] = failed(camera.name, answer)
            else:
                store_skills(session, camera, answer, datetime.now(UTC))
    return refused


def _unasked(
    scope: Scope | None, camera_ids: list[int]
) -> tuple[list[Reach], dict[int, GridlinkError]]:
    reaches: list[Reach] = []
    refused: dict[int, GridlinkError] = {}
    with begin(scope) as session:
        rows = session.scalars(select(Head).where(Head.camera_id.in_(camera_ids)))
        heads = {head.camera_id: head for head in rows}
        for camera in session.scalars(select(Camera).where(Camera.id.in_(camera_ids))):
            try:
                reach = reach_of(camera, heads.get(camera.id))
            except (HeadFailed, NoHead) as refusal:
                refused[camera.id] = refusal
                continue
            if reach.skills is None:
                reaches.append(reach)
    return reaches, refused


async def _ask_all(lines: Lines, reaches: list[Reach]) -> list[Skills | DeviceError]:
    gate = asyncio.Semaphore(load().aiming.at_once)

    async def one(reach: Reach) -> Skills | DeviceError:
        async with gate:
            try:
                async with asyncio.timeout(3 * load().aiming.command_s):
                    return await lines.on(reach, _skills)
            except DeviceError as error:
                return error
            except TimeoutError:
                await lines.drop(reach.camera_id)
                return TimedOut("asked what its head can")

    return list(await asyncio.gather(*(one(reach) for reach in reaches)))


async def _skills(head: PtzHead) -> Skills:
    return head.skills
