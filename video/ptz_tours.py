"""Tours of presets that a head's device keeps and runs by itself (ONVIF PTZ, PresetTour)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from onveef import envelopes, parsers

from video.errors import ProtocolViolation
from video.ptz import PtzHead

_DURATION = re.compile(r"P(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)")
_MOST_TOURS, _MOST_STOPS = 32, 64


@dataclass(frozen=True, slots=True)
class TourStop:
    """A preset by the device's token, and the seconds there."""

    preset_token: str
    dwell_s: int


@dataclass(frozen=True, slots=True)
class DeviceTour:
    """A tour as its device keeps it; `is_running` None: the device does not say."""

    token: str
    name: str
    stops: tuple[TourStop, ...]
    is_running: bool | None


async def device_tours(head: PtzHead) -> tuple[DeviceTour, ...]:
    """Tours the device keeps; stops at no preset, and tours without a token, are passed over.

    Raises
    ------
    DeviceError
        As the methods of `PtzHead`.

    """
    body = envelopes.ptz_get_preset_tours(profile_token=head.skills.profile_token)
    said = parsers.parse_preset_tours(await head.ask("GetPresetTours", body))
    return tuple(
        DeviceTour(
            str(one["token"])[:100],
            str(one.get("name") or one["token"])[:100],
            tuple(
                TourStop(str(spot["preset_token"])[:100], duration_s(str(spot.get("stay_time"))))
                for spot in (one.get("tour_spots") or [])[:_MOST_STOPS]
                if spot.get("preset_token")
            ),
            (str(one["state"]).lower() == "touring") if one.get("state") else None,
        )
        for one in said[:_MOST_TOURS]
        if one.get("token")
    )


async def keep_tour(
    head: PtzHead, name: str, stops: tuple[TourStop, ...], *, token: str | None
) -> str:
    """Keep a tour in the device, new or in the place of one it keeps; its token.

    Raises
    ------
    ProtocolViolation
        The device gave no token, has no room left, or lost the tour it kept.
    DeviceError
        As the methods of `PtzHead`.

    """
    profile = head.skills.profile_token
    if token is None:
        body = envelopes.ptz_create_preset_tour(profile_token=profile)
        made = parsers.parse_xml(await head.ask("CreatePresetTour", body))
        found = None if made is None else parsers.find_local(made, "PresetTourToken")
        token = (found.text or "").strip()[:100] if found is not None else ""
        if not token:
            raise ProtocolViolation("CreatePresetTour: no token in the answer")
    spots: list[dict[str, object]] = [
        {"preset_token": stop.preset_token, "stay_time": f"PT{stop.dwell_s}S"} for stop in stops
    ]
    body = envelopes.ptz_modify_preset_tour(
        profile_token=profile, preset_tour_token=token, name=name, tour_spots=spots
    )
    await head.ask("ModifyPresetTour", body)
    return token


async def operate_tour(head: PtzHead, token: str, operation: str) -> None:
    """Start or Stop a tour the device keeps."""
    body = envelopes.ptz_operate_preset_tour(
        profile_token=head.skills.profile_token, preset_tour_token=token, operation=operation
    )
    await head.ask("OperatePresetTour", body)


async def remove_tour(head: PtzHead, token: str) -> None:
    """RemovePresetTour."""
    body = envelopes.ptz_remove_preset_tour(
        profile_token=head.skills.profile_token, preset_tour_token=token
    )
    await head.ask("RemovePresetTour", body)


def duration_s(text: str) -> int:
    """Whole seconds of an xs:duration of hours, minutes and seconds; 0 of anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return 0
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return min(round(hours * 3600 + minutes * 60 + seconds), 86_400)
