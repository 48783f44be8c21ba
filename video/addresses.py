"""Which addresses a camera may have: every device URL is checked and pinned here before use."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from video.errors import AddressRefused, Unreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Iterable[str]]

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_LONGEST_URL = 2000
_WEB = frozenset({"http", "https"})
# Cloud metadata lives in 169.254/16; no camera does, whatever the setting says.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "ff00::/8",
                 "fe80::/10", "::/128")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CheckedAddress:
    """A device URL that passed the policy, with the one IP address to connect to."""

    scheme: str
    host: str
    pinned_ip: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return ``ip:port`` with IPv6 in brackets."""
        ip = f"[{self.pinned_ip}]" if ":" in self.pinned_ip else self.pinned_ip
        return f"{ip}:{self.port}"

    @property
    def url(self) -> str:
        """Return the URL to connect to: pinned, without user info."""
        return f"{self.scheme}://{self.authority}{self.path}"


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """The networks, schemes and ports in which devices may be called.

    Parameters
    ----------
    allowed_networks : tuple of IPv4Network or IPv6Network
        Loopback counts only when it is listed.
    allowed_schemes : frozenset of str
    allowed_ports : frozenset of int or None
        None allows every port.
    resolve : callable
        ``(host, port) -> addresses``; None asks the system.

    """

    allowed_networks: tuple[Network, ...]
    allowed_schemes: frozenset[str] = frozenset(DEFAULT_PORTS)
    allowed_ports: frozenset[int] | None = None
    resolve: Resolver | None = None

    @classmethod
    def of(cls, *networks: str, ports: Iterable[int] | None = None) -> AddressPolicy:
        """Return a policy for networks written like ``10.0.0.0/8``.

        Raises
        ------
        ValueError
            A network cannot be read.

        """
        return cls(
            allowed_networks=tuple(ipaddress.ip_network(text) for text in networks),
            allowed_ports=None if ports is None else frozenset(ports),
        )

    def check(self, url: str) -> CheckedAddress:
        """Return the address to connect to, resolved once and pinned.

        Every address the name resolves to must be allowed, otherwise a name with one good and one
        bad address could be steered. Blocks while the name is resolved.

        Parameters
        ----------
        url : str
            rtsp, rtsps, http or https, without user info.

        Returns
        -------
        CheckedAddress

        Raises
        ------
        AddressRefused
            Wrong scheme, port, form or network.
        Unreachable
            The name does not resolve.

        """
        parts = _split(url)
        if parts.scheme not in self.allowed_schemes:
            raise AddressRefused(f"scheme {parts.scheme!r} is not one of {_sorted(self)}")
        host = parts.hostname or ""
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        if self.allowed_ports is not None and port not in self.allowed_ports:
            raise AddressRefused(f"port {port} is not allowed")
        addresses = [_unwrapped(text) for text in (self.resolve or resolve_host)(host, port)]
        if not addresses:
            raise Unreachable(f"{host} does not resolve")
        for address in addresses:
            self._require_allowed(address, host)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return CheckedAddress(parts.scheme, host, str(addresses[0]), port, path)

    def check_ip(self, text: str) -> Address:
        """Return an IP address that devices may have.

        Raises
        ------
        AddressRefused
            It lies outside the allowed networks, or is no IP address.

        """
        try:
            address = _unwrapped(text)
        except ValueError:
            raise AddressRefused("that is no IP address") from None
        self._require_allowed(address, text)
        return address

    def check_own(self, url: str, device: CheckedAddress) -> CheckedAddress:
        """Return where to reach a URL that the device itself reported.

        The host is replaced by the device's own pinned address: right behind NAT, and a hostile
        device has nothing to point at. Where it named another host for HTTP, it does not know
        from where it is seen, so its port is not believed either (its web server is the one that
        answered); RTSP is another server and keeps the port it states.

        Raises
        ------
        AddressRefused
            Wrong scheme, port or form.

        """
        parts = _split(_without_user_info(url))
        scheme, port = parts.scheme, parts.port or DEFAULT_PORTS[parts.scheme]
        is_elsewhere = parts.hostname not in {device.host, device.pinned_ip}
        if is_elsewhere and scheme in _WEB and device.scheme in _WEB:
            scheme, port = device.scheme, device.port
        host = f"[{device.pinned_ip}]" if ":" in device.pinned_ip else device.pinned_ip
        query = f"?{parts.query}" if parts.query else ""
        return self.check(f"{scheme}://{host}:{port}{parts.path}{query}")

    def _require_allowed(self, address: Address, host: str) -> None:
        refused = any(address in network for network in _NEVER)
        if refused or not any(address in network for network in self.allowed_networks):
            raise AddressRefused(f"{host} is {address}, outside the allowed networks")


def host_named(url: str) -> str | None:
    """Return the host a device names in an address of its own, whatever login stands before it.

    Raises
    ------
    AddressRefused
        The address cannot be read.

    """
    return _split(_without_user_info(url)).hostname


def resolve_host(host: str, port: int) -> tuple[str, ...]:
    """Return every address the system's resolver gives; decimal and octal spellings included.

    Raises
    ------
    Unreachable
        The name does not resolve.

    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} does not resolve") from error
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _split(url: str) -> SplitResult:
    if len(url) > _LONGEST_URL:
        raise AddressRefused(f"the address is longer than {_LONGEST_URL} characters")
    if any(ord(character) <= 0x20 or character in "\\\x7f" for character in url):
        raise AddressRefused("blank, control character or backslash in the address")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise AddressRefused("the address cannot be read") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise AddressRefused(f"scheme {parts.scheme!r} is not one of {sorted(DEFAULT_PORTS)}")
    # 'rtsp://user@host#@evil' means host to one parser and evil to another.
    if "@" in parts.netloc or "#" in url or "@" in parts.path.split("/", 2)[0]:
        raise AddressRefused("user info or fragment in the address; give user and password apart")
    if not parts.hostname or "%" in parts.netloc:
        raise AddressRefused("the address names no host")
    return parts


def _without_user_info(url: str) -> str:
    scheme, mark, rest = url.strip().partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"


def _unwrapped(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _sorted(policy: AddressPolicy) -> list[str]:
    return sorted(policy.allowed_schemes)
