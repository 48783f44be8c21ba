"""Jobs that commit together with the facts that caused them.

`defer` writes the job through the caller's own connection: rolled back with it, committed with
it. Lower domains name a task as text, so that calls go up without an import.
"""

from functools import cache
from importlib import import_module
from typing import Any

from procrastinate import App, Blueprint, PsycopgConnector, SyncPsycopgConnector
from sqlalchemy.orm import Session

from .db import database_url, raw_connection

_NAMESPACE = "gridlink"

registry = Blueprint()
"""Tasks of all domains: `@registry.task(name="cameras.refresh_viewsheds")`."""

#: Modules that register tasks; the worker imports them, nobody else needs to.
TASK_MODULES = (
    "backend.basemap.tasks",
    "backend.cameras.tasks",
    "backend.cameras.aiming.tasks",
    "backend.cameras.enrolment.tasks",
    "backend.cameras.health.tasks",
    "backend.coverage.tasks",
    "backend.coverage.sitings.tasks",
    "backend.coverage.reports.tasks",
    "backend.eyeson.tasks",
    "backend.grids.changes.tasks",
    "backend.patrol.units.tasks",
    "backend.patrol.deriving.tasks",
    "backend.patrol.requirements.tasks",
    "backend.patrol.fixes.tasks",
    "backend.dispatch.periodic",
    "backend.evidence.tasks",
    "backend.alarms.tasks",
    "backend.exchange.exports.tasks",
)


@cache
def _deferrer() -> App:
    """Return an app that only writes jobs; it never opens a connection of its own."""
    return App(connector=SyncPsycopgConnector(conninfo=database_url()))


def defer(session: Session, task: str, *, key: str | None = None, **arguments: Any) -> None:
    """Write a job for `task` into the caller's transaction.

    `key` is a queueing lock: while such a job waits, another one of the same key adds nothing.
    """
    if key is not None:
        # procrastinate raises on a taken lock, which would abort the caller's transaction.
        session.connection().exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext(%s))", (key,))
        waiting = session.connection().exec_driver_sql(
            "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'", (key,)
        )
        if waiting.first() is not None:
            return
    _deferrer().configure_task(
        f"{_NAMESPACE}:{task}", queueing_lock=key, connection=raw_connection(session)
    ).defer(**arguments)


def worker_app() -> App:
    """Return the app of the worker process, with every domain's tasks registered."""
    app = App(connector=PsycopgConnector(conninfo=database_url()))
    for module in TASK_MODULES:
        import_module(module)
    app.add_tasks_from(registry, namespace=_NAMESPACE)
    return app
