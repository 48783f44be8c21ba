"""What gis refuses, and what to do about it.

GisError
├── ArgumentError    a value, shape or dtype outside what the function allows
│   └── GeometryError    a geometry of the wrong kind, missing, empty or not finite
└── CrsError         a coordinate reference system that cannot serve the purpose
"""

from __future__ import annotations


class GisError(ValueError):
    """The input cannot be measured. Correct it and call again."""


class ArgumentError(GisError):
    """An argument is outside what the function allows.

    Attributes
    ----------
    argument : str
        Name of the argument.
    got : str
        What was handed over.
    allowed : str
        What would be accepted.

    """

    def __init__(self, argument: str, *, got: object, allowed: str) -> None:
        self.argument = argument
        self.got = str(got)
        self.allowed = allowed
        super().__init__(f"{argument}: got {self.got}; allowed: {allowed}")


class GeometryError(ArgumentError):
    """A geometry is of the wrong kind, missing, empty or not finite. Mend or drop the row."""


class CrsError(GisError):
    """The coordinate reference system cannot serve here. Reproject first, to metres where asked."""
