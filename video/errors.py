"""What can go wrong with a device or its stream; each docstring is the message and what to do.

    DeviceError
    ├── AddressRefused
    ├── Unreachable
    ├── TimedOut
    ├── CredentialsRejected
    ├── ProtocolViolation
    │   └── Unsupported
    └── StreamFailed
        ├── CodecUnplayable
        ├── NoKeyPicture
        └── Overloaded

No instance ever carries user info: everything said goes through ``redact``.
"""

from __future__ import annotations

from typing import ClassVar

from video.redaction import redact


class DeviceError(Exception):
    """The device could not be used; the cause is in the detail."""

    code: ClassVar[str] = "device.failed"

    def __init__(self, detail: str = "") -> None:
        self.detail = redact(detail)
        message = " ".join((type(self).__doc__ or "").split())
        super().__init__(f"{message} [{self.detail}]" if self.detail else message)


class AddressRefused(DeviceError):
    """The address lies outside the networks cameras may be in; correct it or widen the setting."""

    code = "device.address_refused"


class Unreachable(DeviceError):
    """The device does not answer at this address; check power, cable, address and port."""

    code = "stream.camera_unreachable"


class TimedOut(DeviceError):
    """The device did not finish its answer in time; check its load and the network."""

    code = "device.timed_out"


class CredentialsRejected(DeviceError):
    """The device refused user name or password; correct them before trying again (lock-out)."""

    code = "stream.credentials_rejected"


class ProtocolViolation(DeviceError):
    """The device answered something that is not ONVIF or RTSP; check port, path and firmware."""

    code = "device.protocol_violation"


class Unsupported(ProtocolViolation):
    """The device does not offer this operation; use another way or another profile."""

    code = "device.unsupported"


class StreamFailed(DeviceError):
    """The stream could not be opened or broke off; the relay tries again by itself."""

    code = "stream.failed"


class CodecUnplayable(StreamFailed):
    """The picture format can neither be played nor converted; set the camera to H.264."""

    code = "stream.codec_unplayable"


class NoKeyPicture(StreamFailed):
    """The camera sends pictures but none to begin with; set a key frame interval of a second."""

    code = "stream.no_key_picture"


class Overloaded(StreamFailed):
    """The relay is at its limit; close other pictures or add a media worker."""

    code = "stream.overloaded"
