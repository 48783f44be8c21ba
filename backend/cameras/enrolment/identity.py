"""Whether two devices are one: by hardware address, serial number, or discovery's endpoint."""

from collections.abc import Collection

Identities = Collection[str]


def is_same(one: Identities, other: Identities) -> bool:
    """Return whether two lists of identities name one device.

    Hardware addresses decide where both state them: cheap devices share serial numbers.
    """
    macs, other_macs = _macs(one), _macs(other)
    if macs and other_macs:
        return not macs.isdisjoint(other_macs)
    return not set(one).isdisjoint(other)


def endpoint_identity(endpoint: str) -> list[str]:
    """Return the identity that discovery states, `urn:uuid:...`; none where it states none."""
    plain = endpoint.strip().lower().removeprefix("urn:").removeprefix("uuid:")
    return [f"endpoint:{plain[:100]}"] if plain else []


def _macs(identities: Identities) -> set[str]:
    return {each for each in identities if each.startswith("mac:")}
