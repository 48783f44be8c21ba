"""Fragmented MP4 with sound: AAC as track 2, alone for the player, beside the picture for files.

Box layouts: ISO/IEC 14496-12; esds: ISO/IEC 14496-14.
"""

from __future__ import annotations

import struct

from video.bitstream import ParameterSets
from video.fmp4 import (
    FILE_TYPE,
    MATRIX,
    box,
    full_box,
    media_box,
    movie_box,
    one_sample_fragment,
    picture_track,
)
from video.sequence import read_sequence
from video.sound import AudioInfo, SoundFrame
from video.timeline import SampleTime

SOUND_TRACK = 2


def build_sound_init(info: AudioInfo) -> bytes:
    """Return the initialisation segment of the sound alone."""
    return FILE_TYPE + movie_box([(SOUND_TRACK, _sound_track(info))])


def build_recording_init(sets: ParameterSets, info: AudioInfo | None) -> bytes:
    """Return what a file with picture and sound begins with: tracks 1 and 2, both in 90 kHz."""
    tracks = [(1, picture_track(sets, read_sequence(sets)))]
    if info is not None:
        tracks.append((SOUND_TRACK, _sound_track(info)))
    return FILE_TYPE + movie_box(tracks)


def build_sound_fragment(frame: SoundFrame, sequence: int) -> bytes:
    """Return ``moof`` and ``mdat`` with one AAC frame."""
    time = SampleTime(frame.at, frame.duration, 0)
    return one_sample_fragment(
        [frame.payload], time, sequence=sequence, track=SOUND_TRACK, key=True
    )


def _sound_track(info: AudioInfo) -> bytes:
    header = full_box(
        b"tkhd", 0, 3,
        struct.pack(">5I", 0, 0, SOUND_TRACK, 0, 0), bytes(8), struct.pack(">4H", 0, 1, 0x100, 0),
        MATRIX, bytes(8),
    )  # fmt: skip
    entry = box(
        b"mp4a",
        struct.pack(">6xH8xHHHHI", 1, info.channels, 16, 0, 0, info.sample_rate << 16),
        _elementary_stream(info.config),
    )
    return box(b"trak", header, media_box(b"soun", full_box(b"smhd", 0, 0, bytes(4)), entry))


def _elementary_stream(config: bytes) -> bytes:
    specific = _descriptor(5, config)
    # object type 0x40: AAC; stream type 5: audio; buffer and rates unknown
    decoder = _descriptor(4, bytes([0x40, 0x15]) + bytes(11) + specific)
    stream = _descriptor(3, bytes([0, SOUND_TRACK, 0]) + decoder + _descriptor(6, b"\2"))
    return full_box(b"esds", 0, 0, stream)


def _descriptor(tag: int, body: bytes) -> bytes:
    return bytes([tag, len(body)]) + body
