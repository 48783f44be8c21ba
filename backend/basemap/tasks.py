"""Jobs of the map: the road network follows the roads."""

import logging

from procrastinate import RetryStrategy

from ..db import begin
from ..jobs import registry
from . import network

log = logging.getLogger(__name__)


# Waits of 5, 25, 125 and 625 s outlast a restart of the database.
@registry.task(
    name="basemap.build_network", retry=RetryStrategy(max_attempts=4, exponential_wait=5)
)
def build_network() -> None:
    """Build the network that travel times are found on."""
    with begin() as session:
        built = network.build(session)
    log.info(
        "network: %d roads, %d edges, %d parts",
        built.roads,
        built.edges,
        built.parts,
        extra={"action": "basemap.network_built"},
    )


@registry.periodic(cron="*/5 * * * *")
@registry.task(name="basemap.sweep_network", queueing_lock="roads.sweep", pass_context=False)
def sweep_network(timestamp: int) -> None:
    """Have the network built where roads changed past the product: by an upgrade, SQL by hand."""
    with begin() as session:
        if network.is_old(session):
            network.ask(session)
