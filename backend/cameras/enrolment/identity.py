"""Whether two devices are one: by hardware address, serial number, or discovery's endpoint."""

from collections.abc import Collection

Identities = Collection[str]


def is_same(one: Identities, other: Identities) -> bool:
    """Return whether two lists of identities name one device.

    Different serial numbers are two devices, and so are different hardware addresses, each where
    both sides state them: cheap devices share the one or the other.
    """
    for kind in ("serial:", "mac:"):
        mine, others = _of(kind, one), _of(kind, other)
        if mine and others and mine.isdisjoint(others):
            return False
    return not set(one).isdisjoint(other)


def endpoint_identity(endpoint: str) -> list[str]:
    """Return the identity that discovery states, `urn:uuid:...`; none where it states none."""
    plain = endpoint.strip().lower().removeprefix("urn:").removeprefix("uuid:")
    return [f"endpoint:{plain[:100]}"] if plain else []


def _of(kind: str, identities: Identities) -> set[str]:
    return {each for each in identities if each.startswith(kind)}
