"""`gridlink audit`: is the register whole?"""

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
) -> None:
    """Walk the whole chain; exit code 2 names the first bad row."""
    with db.begin() as session:
        verdict = verify(session, anchor=_parse(anchor) if anchor else None)
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


def _parse(anchor: str) -> Head:
    seq, _, digest = anchor.partition(":")
    try:
        return Head(int(seq), bytes.fromhex(digest))
    except ValueError as wrong:
        raise InvalidField(field="anchor", reason=str(wrong)) from wrong
