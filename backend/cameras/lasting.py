"""Cameras kept from being taken down while a transaction writes what belongs to them.

Who takes a camera down locks its row first and what hangs on it after. Whoever writes to what
hangs on it, and then needs the camera's row, must take the locks in the same order, or each waits
for the other until the database ends one of them.
"""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

# Index: cameras_pkey. The weakest lock that a removal waits for; states and poses may be written.
_LASTING = text("SELECT id FROM cameras WHERE id = ANY(:ids) ORDER BY id FOR KEY SHARE")


def lasting(session: Session, camera_ids: Collection[int]) -> set[int]:
    """Return which of these cameras there are, and will be until the transaction ends.

    Asked before the first write of a transaction, once for all of its cameras.
    """
    return set(session.scalars(_LASTING, {"ids": sorted(set(camera_ids))}))
