"""Notices `media.<verb>` by which other processes tell media workers what to do, as one table."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url

from .. import live
from ..cameras.gateway.paths import drop_paths
from ..db import database_url
from ..live import Notice
from ..settings import load

if TYPE_CHECKING:
    from .worker import Worker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Command:
    """What a notice makes a worker do.

    `by_camera`: the notice's id is a camera's, and only the camera's worker is told. Otherwise
    every worker is, and finds out for itself whether it is meant.
    """

    obey: Callable[[Worker, Notice], Coroutine[Any, Any, None]]
    by_camera: bool = True


async def warm(worker: Worker, notice: Notice) -> None:
    """Pull a camera's stream for a while: somebody is about to open it."""
    worker.gateway.warm(worker.key(notice.id), load().media.warm_s)


async def forget(worker: Worker, notice: Notice) -> None:
    """End a camera's streams: it was removed, moved or given a new login."""
    await worker.gateway.forget(notice.id)
    await asyncio.to_thread(drop_paths, notice.id)


COMMANDS: dict[str, Command] = {
    "media.warm": Command(warm),
    "media.forget": Command(forget),
}


async def follow(worker: Worker) -> None:
    """Obey notices for ever, each on the side: one that takes long must not delay the next."""
    conninfo = make_url(database_url()).set(drivername="postgresql")
    async for notice in live.listen(conninfo.render_as_string(hide_password=False)):
        command = COMMANDS.get(notice.noun) if notice is not None else None
        if notice is None or command is None:
            continue
        if not command.by_camera or worker.owns(notice.id):
            worker.spawn(command.obey(worker, notice))
