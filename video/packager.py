"""Turns the access units of one connection into initialisation segments and fragments."""

from __future__ import annotations

from dataclasses import dataclass

from video.bitstream import (
    Codec,
    ParameterSets,
    find_parameter_sets,
    is_key,
    picture_units,
    read_sequence,
    split_nals,
)
from video.fmp4 import InitSegment, build_fragment, build_init
from video.source import AccessUnit
from video.timeline import SampleTime, Timeline

_UNTIMED = SampleTime(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Fragment:
    """One picture as ``moof`` and ``mdat``; ``received_ms`` is epoch milliseconds.

    ``absolute_ms`` is the same by the device's clock, where it tells.
    """

    payload: bytes
    is_key: bool
    received_ms: int
    time: SampleTime = _UNTIMED
    absolute_ms: int | None = None


@dataclass(frozen=True, slots=True)
class KeyPicture:
    """The latest picture that decodes by itself, parameter sets included, in Annex B form."""

    codec: Codec
    payload: bytes
    received_ms: int


class Packager:
    """Packs one connection's units; starts at the first key frame.

    Parameters
    ----------
    codec : Codec
    extradata : bytes
        Parameter sets from the session description, Annex B; may be empty, then the stream's own
        are awaited.

    """

    def __init__(self, codec: Codec, extradata: bytes = b"") -> None:
        self.codec = codec
        self.key_picture: KeyPicture | None = None
        self._sets = find_parameter_sets(split_nals(extradata), codec)
        self._announced: ParameterSets | None = None
        self._timeline = Timeline(0)
        self._sequence = 0

    def pack(self, unit: AccessUnit) -> tuple[InitSegment | None, Fragment | None]:
        """Return a new initialisation segment, if one is due, and the fragment of this unit.

        Parameters
        ----------
        unit : AccessUnit
            Next in decode order.

        Returns
        -------
        tuple of (InitSegment or None, Fragment or None)
            No fragment before the first key frame with parameter sets, nor for a unit that holds
            no picture. A segment is due first and whenever the parameter sets change.

        Raises
        ------
        ProtocolViolation
            The parameter sets cannot be read.

        """
        units = split_nals(unit.payload)
        key = unit.is_key or is_key(units, self.codec)
        init = self._announce(units) if key else None
        pictures = picture_units(units, self.codec)
        if self._announced is None or not pictures:
            return init, None
        if key:
            whole = b"".join(b"\0\0\0\1" + picture for picture in pictures)
            payload = self._announced.annex_b + whole
            self.key_picture = KeyPicture(self.codec, payload, unit.received_ms)
        self._sequence += 1
        time = self._timeline.place(unit.presented)
        payload = build_fragment(pictures, time, sequence=self._sequence, key=key)
        return init, Fragment(payload, key, unit.received_ms, time, unit.absolute_ms)

    def _announce(self, units: list[bytes]) -> InitSegment | None:
        self._sets = find_parameter_sets(units, self.codec) or self._sets
        if self._sets is None or self._sets == self._announced:
            return None
        init = build_init(self._sets)
        self._timeline = Timeline(read_sequence(self._sets).reorder_depth)
        self._announced = self._sets
        return init
