"""`gridlink report KIND FILE`: a report written here and now, without the job queue."""

from pathlib import Path
from typing import Annotated

import typer

from ...divisions.codes import parse_jurisdiction
from ...errors import Language, NotFound
from ...settings import load
from .writing import FORMS, read_content


def write_report(
    kind: Annotated[str, typer.Argument(help=", ".join(FORMS))],
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    *,
    division: Annotated[str, typer.Option(help="Division code.")],
    language: Annotated[str | None, typer.Option(help="zh or en.")] = None,
) -> None:
    """Write a report of KIND on a division to FILE."""
    if kind not in FORMS:
        raise typer.BadParameter(f"one of {', '.join(FORMS)}", param_hint="KIND")
    try:
        code = parse_jurisdiction(division)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--division") from None
    chosen: Language = "en" if (language or load().language) == "en" else "zh"
    content = read_content(code)
    if not content.division_name:
        raise NotFound()
    file.write_bytes(FORMS[kind](content, chosen))
    typer.echo(f"{file} {file.stat().st_size:,} bytes")
