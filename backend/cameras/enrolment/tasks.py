"""Jobs of enrolment: devices asked and looked for, old logins of lists forgotten."""

import logging
from collections.abc import Callable

from ...db import begin
from ...errors import GridlinkError
from ...jobs import registry
from . import lists

KEPT_DAYS = 30
"""How long a list keeps the logins of rows that were never enrolled."""

log = logging.getLogger(__name__)


@registry.task(name="devices.probe_list")
def probe_list(enrolment_id: int) -> None:
    """Ask the devices of a list."""
    from .probing import probe

    _carry_out(enrolment_id, probe)


@registry.task(name="devices.discover")
def discover(enrolment_id: int) -> None:
    """Look for devices and list them."""
    from .discovering import discover as look

    _carry_out(enrolment_id, look)


@registry.periodic(cron="41 3 * * *")
@registry.task(name="devices.forget_logins")
def forget_logins(timestamp: int) -> None:
    """Forget the logins of lists nobody finished; once a night."""
    with begin() as session:
        lists.forget_secrets(session, KEPT_DAYS)


def _carry_out(enrolment_id: int, work: Callable[[int], None]) -> None:
    """Do the work; an expected fault is kept with the list, any other is raised as well."""
    try:
        work(enrolment_id)
    except lists.CalledOff:
        log.info("enrolment %d called off", enrolment_id, extra={"action": "enrolment.cancelled"})
    except GridlinkError as fault:
        with begin() as session:
            lists.fail(session, enrolment_id, fault)
    except Exception:
        with begin() as session:
            lists.fail(session, enrolment_id, GridlinkError())
        raise
