"""`gridlink audit`: is the register whole?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from .. import db
from ..errors import InvalidField
from .register import Head, verify
from .register import head as read_head

audit = typer.Typer(no_args_is_help=True, help="The register of who looked at what, and why.")


@audit.command("verify")
def verify_chain(
    anchor: Annotated[
        str | None, typer.Option(help="A head noted earlier, as `gridlink audit head` printed it.")
    ] = None,
    anchors: Annotated[
        Path | None, typer.Option(help="A file of heads that `gridlink audit anchor` keeps.")
    ] = None,
) -> None:
    """Walk the whole chain; exit code 2 names the first bad row."""
    noted = [_parse(anchor)] if anchor else []
    noted += read_anchors(anchors.read_text("utf-8")) if anchors else []
    with db.begin() as session:
        verdict = verify(session, anchors=noted)
    if verdict.ok:
        typer.echo(f"ok: {verdict.count} entries")
        return
    typer.echo(f"entry {verdict.first_bad}: {verdict.reason}", err=True)
    raise typer.Exit(2)


@audit.command()
def head() -> None:
    """Print the chain's end; keep it outside the database to prove later that none was cut off."""
    with db.begin() as session:
        end = read_head(session)
    typer.echo(f"{end.seq}:{end.hash.hex()}")


@audit.command()
def anchor(
    file: Annotated[Path, typer.Argument(help="A file on another machine or medium.")],
) -> None:
    """Verify the chain against the heads of FILE, then append the present one; exit code 2 if not.

    Run it daily: whoever cuts off the register's tail would have to reach this file as well.
    """
    noted = read_anchors(file.read_text("utf-8")) if file.exists() else []
    with db.begin() as session:
        verdict = verify(session, anchors=noted)
        end = read_head(session)
    if not verdict.ok:
        typer.echo(f"entry {verdict.first_bad}: {verdict.reason}", err=True)
        raise typer.Exit(2)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{end.seq}:{end.hash.hex()} {now}\n")
    typer.echo(f"ok: {verdict.count} entries, {len(noted) + 1} anchors")


def read_anchors(text: str) -> list[Head]:
    """Return the heads in a file of anchors, one a line with its time behind."""
    return [_parse(line.split()[0]) for line in text.splitlines() if line.strip()]


def _parse(anchor: str) -> Head:
    seq, _, digest = anchor.partition(":")
    try:
        return Head(int(seq), bytes.fromhex(digest))
    except ValueError as wrong:
        raise InvalidField(field="anchor", reason=str(wrong)) from wrong
