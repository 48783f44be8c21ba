"""The job of sitings."""

from ...jobs import registry


@registry.task(name="coverage.propose_sites")
def propose_sites(siting_id: int) -> None:
    """Work out a siting; each of its steps is a transaction of its own."""
    from .proposing import propose  # brings numba, scipy and the solver

    propose(siting_id)
