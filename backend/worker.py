"""The job worker: runs what requests and imports deferred. The one place that logs and goes on."""

import asyncio
import logging
import threading

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from sqlalchemy.exc import SQLAlchemyError

from .jobs import worker_app
from .warm import load_modules, warm_up_for_jobs

_TAKE_UP_EVERY_S = 30.0

log = logging.getLogger(__name__)


def run(concurrency: int = 2) -> None:
    """Work until SIGINT or SIGTERM; jobs under way are finished first."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(_work(concurrency))


async def _work(concurrency: int) -> None:
    app = worker_app()
    # Beside the jobs, not before them: whoever needs what is being read waits for that alone. But
    # after its modules: two threads that import shapely at once each find the other's half.
    load_modules()
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    async with app.open_async():
        taking_up = asyncio.create_task(_take_up_left(app))
        log.info("worker ready", extra={"action": "worker.ready"})
        try:
            await app.run_worker_async(concurrency=concurrency, delete_jobs="successful")
        finally:
            taking_up.cancel()


def _warm_up() -> None:
    try:
        warm_up_for_jobs()
    except SQLAlchemyError as lost:
        log.warning("not warmed up: %s", lost, extra={"action": "coverage.not_ready"})


async def _take_up_left(app: App) -> None:
    """Put jobs of workers that were killed back in line, for ever; nobody else would."""
    while True:
        try:
            for job in await app.job_manager.get_stalled_jobs():
                await _take_up(app, job)
        except ConnectorException as lost:
            log.warning("put off: %s", lost, extra={"action": "jobs.put_off"})
        await asyncio.sleep(_TAKE_UP_EVERY_S)


async def _take_up(app: App, job: Job) -> None:
    newer = await app.job_manager.list_jobs_async(
        queueing_lock=job.queueing_lock, status=Status.TODO.value
    )
    if job.queueing_lock is not None and newer:  # it does the same work, on newer facts
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
    else:
        await app.job_manager.retry_job(job)
    log.info("job %s taken up", job.id, extra={"action": "jobs.taken_up"})
