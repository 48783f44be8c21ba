"""Looking for devices: by multicast, then one by one in the ranges asked for."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from video.errors import DeviceError

from ...db import begin
from .. import devices
from ..models import Device
from . import lists, matching
from .identity import endpoint_identity
from .models import EnrolmentRow

_LISTEN_S = 3.0
_EVERY = 16


def discover(enrolment_id: int) -> None:
    """Fill a list with the devices that answer; those listed already are not listed again.

    Raises
    ------
    CalledOff
        If the list is cancelled meanwhile; what was found stays.

    """
    with begin() as session:
        enrolment = lists.held(session, enrolment_id)
        enrolment.state, enrolment.step = "running", "discovering"
        lists.tell(session, enrolment)
        wish = dict(enrolment.wish)
    asyncio.run(_look(enrolment_id, wish))
    with begin() as session:
        enrolment = lists.held(session, enrolment_id)
        matching.match(session, enrolment)
        enrolment.progress = 1.0
        lists.end(session, enrolment, "ready")


async def _look(enrolment_id: int, wish: dict[str, Any]) -> None:
    from video import discovery  # brings the ONVIF client

    policy = devices.policy()
    found = await discovery.discover(_LISTEN_S) if wish["multicast"] else []
    await asyncio.to_thread(_add, enrolment_id, found, 0.05)
    addresses = discovery.addresses_of(wish["ranges"], policy)
    batch: list[discovery.Found] = []
    done = 0
    async for one in discovery.sweep(addresses, policy, ports=wish["ports"]):
        done += 1
        if one is not None:
            batch.append(one)
        if done % _EVERY == 0 or done == len(addresses):
            await asyncio.to_thread(_add, enrolment_id, batch, done / len(addresses))
            batch = []


def _add(enrolment_id: int, found: list[Any], progress: float) -> None:
    """Write what was found; an address outside the allowed networks is never kept."""
    with begin() as session:
        enrolment = lists.held(session, enrolment_id)
        for one in found:
            address = _usable(one.addresses)
            if address is not None:
                _add_row(session, enrolment_id, address, one)
        enrolment.progress = max(enrolment.progress, min(progress, 1.0))
        lists.tell(session, enrolment)


def _usable(addresses: tuple[str, ...]) -> str | None:
    policy = devices.policy()
    for address in addresses:
        try:
            policy.check(address)
        except DeviceError:
            continue
        if "@" not in address and urlsplit(address).scheme in {"http", "https"}:
            return devices.whole_address(address)[:400]
    return None


def _add_row(session: Session, enrolment_id: int, address: str, one: Any) -> None:
    mine = EnrolmentRow.enrolment_id == enrolment_id
    if session.scalar(select(EnrolmentRow.id).where(mine, EnrolmentRow.address == address)):
        return
    last = session.scalar(select(func.max(EnrolmentRow.row_no)).where(mine)) or 0
    known = session.scalar(select(Device.camera_id).where(Device.address == address).limit(1))
    session.add(
        EnrolmentRow(
            enrolment_id=enrolment_id,
            row_no=last + 1,
            address=address,
            name=one.name[:200] or None,
            identities=endpoint_identity(one.endpoint),
            found={"hardware": one.hardware[:100], "location": one.location[:100]},
            camera_id=known,
            match="identity" if known else None,
        )
    )
    session.flush()
