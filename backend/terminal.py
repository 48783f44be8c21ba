"""Where commands print: as wide as the terminal, and whole lines where there is none."""

from rich.console import Console

#: A pipe or file has no width; rich takes 80 columns and cuts what stands beyond.
_UNCUT = 10_000


def screen(*, stderr: bool = False) -> Console:
    """Return the console of standard output or error; lines on a pipe are never cut or wrapped."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=_UNCUT)
