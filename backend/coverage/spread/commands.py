"""`gridlink coverage export` and `spread`: a province counted partition by partition."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ...settings import load
from .sharing import spread
from .stock import DatabaseSource, FileSource, Source, write_files


def export(
    folder: Annotated[Path, typer.Argument(help="Where the GeoParquet files go.")],
) -> None:
    """Write all that a count of coverage reads as GeoParquet, for workers without the database."""
    for name, rows in write_files(folder).items():
        typer.echo(f"{name} {rows:,}")


def spread_out(
    *,
    source: Annotated[
        Path | None, typer.Option("--from", help="Folder of an export; default: the database.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler; default: the setting, else threads here.")
    ] = None,
    reading: Annotated[str, typer.Option(help="installed or now.")] = "installed",
    counts: Annotated[
        Path | None, typer.Option(help="Folder of what is counted; default: var/counts.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="JSON file of the rows; default: standard output.")
    ] = None,
) -> None:
    """Count coverage by townships on a raster; a count broken off goes on where it was."""
    if reading not in ("installed", "now"):
        raise typer.BadParameter("installed or now", param_hint="--reading")
    chosen: Source = DatabaseSource() if source is None else FileSource(source)
    rows = spread(
        chosen,
        counts or load().var_dir / "counts",
        reading=reading,
        scheduler=scheduler or load().coverage.scheduler,
        progress=_tell,
    )
    text = json.dumps({"rows": rows, "total": len(rows)}, ensure_ascii=False)
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text, "utf-8")
        typer.echo(f"{out} {len(rows):,}", err=True)


def _tell(done: int, every: int, is_counted: bool) -> None:
    typer.echo(f"{done}/{every} {'' if is_counted else '(stored)'}", err=True)
