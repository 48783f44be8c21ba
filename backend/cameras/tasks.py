"""Jobs of cameras: viewsheds kept fresh, old checks forgotten."""

from procrastinate import RetryStrategy

from ..db import begin
from ..jobs import registry
from . import checks, viewsheds


# Waits of 5, 25, 125 and 625 s outlast a restart of the database.
@registry.task(
    name="cameras.refresh_viewsheds", retry=RetryStrategy(max_attempts=4, exponential_wait=5)
)
def refresh_viewsheds(camera_ids: list[int] | None = None) -> None:
    """Recompute the viewsheds of these cameras; of all after an import of cameras or buildings."""
    with begin() as session:
        viewsheds.refresh(session, camera_ids)


@registry.periodic(cron="23 3 * * *")
@registry.task(name="cameras.forget_checks")
def forget_checks(timestamp: int) -> None:
    """Remove checks older than they are kept; once a night, `timestamp` is when it was due."""
    with begin() as session:
        checks.forget_old(session)
