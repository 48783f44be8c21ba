"""Jobs of cameras: viewsheds kept fresh, devices sampled for a true status."""

from ..db import begin
from ..jobs import registry
from . import viewsheds


@registry.task(name="cameras.refresh_viewsheds")
def refresh_viewsheds(camera_ids: list[int] | None = None) -> None:
    """Recompute the viewsheds of these cameras; of all after an import of cameras or buildings."""
    with begin() as session:
        viewsheds.refresh(session, camera_ids)
