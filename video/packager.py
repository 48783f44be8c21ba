"""Turns the access units of one connection into initialisation segments and fragments."""

from __future__ import annotations

from dataclasses import dataclass

from video.bitstream import (
    Codec,
    ParameterSets,
    ParameterSetStore,
    is_key,
    is_recovery,
    picture_units,
    split_nals,
)
from video.fmp4 import InitSegment, build_fragment, build_init
from video.rtspsource import AccessUnit
from video.sequence import read_sequence
from video.timeline import SampleTime, Timeline

_RECOVERIES_WITHOUT_KEY = 2
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
        self.entry: bytes | None = None
        self.presented = 0
        self._store = ParameterSetStore(codec)
        self._store.take(split_nals(extradata))
        self._announced: ParameterSets | None = None
        self._timeline = Timeline(0)
        self._sequence = 0
        self._recoveries = 0

    @property
    def has_no_keys(self) -> bool:
        """Return whether the camera refreshes its picture bit by bit and sends no key pictures.

        A decoder can begin there, a player's cannot.
        """
        return self._recoveries >= _RECOVERIES_WITHOUT_KEY

    def pack(self, unit: AccessUnit) -> tuple[InitSegment | None, Fragment | None]:
        """Return a new initialisation segment, if one is due, and the fragment of this unit.

        Afterwards ``entry`` is the unit in Annex B form behind its parameter sets if a decoder can
        begin with it, else None, and ``presented`` its time, jumps of the device's clock joined.

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
        sets = self._store.take(units)
        key = is_key(units, self.codec)
        pictures = picture_units(units, self.codec)
        self._note_entry(units, sets, pictures, key=key)
        init = self._announce(sets, unit) if key else None
        if not pictures:
            return init, None
        time = self._timeline.place(unit.presented, unit.received_ms)
        self.presented = time.decode + time.offset
        if self._announced is None:
            return init, None
        if key and self.entry is not None:
            self.key_picture = KeyPicture(self.codec, self.entry, unit.received_ms)
        self._sequence += 1
        payload = build_fragment(pictures, time, sequence=self._sequence, key=key)
        return init, Fragment(payload, key, unit.received_ms, time, unit.absolute_ms)

    def _note_entry(
        self, units: list[bytes], sets: ParameterSets | None, pictures: list[bytes], *, key: bool
    ) -> None:
        recovers = not key and is_recovery(units, self.codec)
        self._recoveries = 0 if key else self._recoveries + recovers
        self.entry = None
        if (key or recovers) and sets is not None:
            self.entry = sets.annex_b + b"".join(b"\0\0\0\1" + unit for unit in pictures)

    def _announce(self, sets: ParameterSets | None, unit: AccessUnit) -> InitSegment | None:
        if sets is None or sets == self._announced:
            return None
        init = build_init(sets)
        if init.reorder_depth and unit.presented is None:
            # FFmpeg gives the very first unit no time; among B-frames it cannot be guessed.
            return None
        self._timeline = Timeline(read_sequence(sets).reorder_depth)
        self._announced = sets
        return init
