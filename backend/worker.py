"""The job worker: runs what requests and imports deferred. The one place that logs and goes on."""

import asyncio
import logging

from .jobs import worker_app

log = logging.getLogger(__name__)


def run(concurrency: int = 2) -> None:
    """Work until SIGINT or SIGTERM; jobs under way are finished first."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(_work(concurrency))


async def _work(concurrency: int) -> None:
    app = worker_app()
    async with app.open_async():
        log.info("worker ready", extra={"action": "worker.ready"})
        await app.run_worker_async(concurrency=concurrency, delete_jobs="successful")
