"""The colours by which maps and charts of a report tell a share."""

from typing import Final

#: From, to, colour: one hue from light to dark, told apart in grey print too.
STEPS: Final = (
    (0.0, 0.2, "#f1eef6"),
    (0.2, 0.4, "#bdc9e1"),
    (0.4, 0.6, "#74a9cf"),
    (0.6, 0.8, "#2b8cbe"),
    (0.8, 1.0, "#045a8d"),
)
NO_DATA: Final = "#ffffff"


def colour_of(share: float | None) -> str:
    """Return the colour of a share of 0 to 1; white for no data."""
    if share is None:
        return NO_DATA
    return next((colour for _, high, colour in STEPS if share < high), STEPS[-1][2])
