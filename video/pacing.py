"""How fast a device may be read: what comes faster waits in the network, at the device's cost."""

from __future__ import annotations


class Pace:
    """Lets bursts pass and slows what lasts (the virtual scheduling of ITU-T I.371).

    No camera sends 300 pictures and pieces of sound a second, nor 100 Mbit/s for long; one that
    does, by fault or on purpose, must not take the other cameras' share of the processor.

    Parameters
    ----------
    pieces_per_s, bytes_per_s : float
        What may last.
    burst_s : float
        How many seconds of that may come at once, after a stall of the network for instance.

    """

    def __init__(
        self, pieces_per_s: float = 300.0, bytes_per_s: float = 12.5e6, burst_s: float = 4.0
    ) -> None:
        self._piece_s = 1 / pieces_per_s
        self._byte_s = 1 / bytes_per_s
        self._burst_s = burst_s
        self._due_s: float | None = None

    def wait_s(self, size: int, now_s: float) -> float:
        """Return how long to wait before the next piece is read.

        Parameters
        ----------
        size : int
            Bytes of the piece just read.
        now_s : float
            Of a clock that only goes forward.

        """
        due_s = now_s if self._due_s is None else max(self._due_s, now_s)
        self._due_s = due_s + max(self._piece_s, size * self._byte_s)
        return max(self._due_s - now_s - self._burst_s, 0.0)
