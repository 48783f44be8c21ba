"""How an order to examine and its result travel between the two processes: JSON and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from video.health import Examination, Known
from video.healthlook import BLOCKS, pack, unpack

_PRINT = (BLOCKS[0] * BLOCKS[1], 4)


def known_of(told: Mapping[str, Any], parts: Sequence[bytes]) -> Known:
    """Return what is known of a camera; `parts` are its print and its references."""
    lights = told["lights"]
    return Known(
        fov_deg=float(told["fov_deg"]),
        fov_error_deg=float(told["fov_error_deg"]),
        turns=bool(told["turns"]),
        references={
            light: (unpack(packed), int(looks))
            for (light, looks), packed in zip(lights, parts[1:], strict=True)
        },
        print=_print_of(parts[0]),
        still_looks=int(told["still_looks"]),
    )


def _print_of(packed: bytes) -> Any:
    held = np.frombuffer(packed, dtype=np.float32)
    return held.reshape(_PRINT) if held.size == _PRINT[0] * _PRINT[1] else None


def told_of(found: Examination) -> tuple[dict[str, Any], bytes]:
    """Return an examination as JSON and a body of print and reference."""
    reference = b"" if found.reference is None else pack(found.reference)
    told = {
        "light": found.light,
        "fault": found.fault,
        "verdicts": {fault: asdict(verdict) for fault, verdict in found.verdicts.items()},
        "still_looks": found.still_looks,
        "parts": [found.print.nbytes, len(reference)],
    }
    return told, found.print.tobytes() + reference
