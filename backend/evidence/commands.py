"""`gridlink evidence`: verify what was handed over, check the store, show and rotate the key."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InvalidField
from . import keys
from .verifying import Report, verify

evidence = typer.Typer(no_args_is_help=True, help="Evidence: verify it, and the key that signs it.")


@evidence.command("verify")
def verify_file(
    file: Annotated[
        Path | None,
        typer.Argument(help="A package, a manifest, or a clip beside its manifest.", exists=True),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="The authority's public key (PEM).", exists=True)
    ] = None,
) -> None:
    """Verify a file offline, or without one everything in the store; exit code 2 names faults."""
    known = _public(key) if key else None
    report = _verify_store() if file is None else verify(file, known)
    for finding in report.findings:
        if finding.fault is None:
            typer.echo(f"ok   {finding.file}")
        else:
            typer.echo(f"BAD  {finding.file}: {finding.fault}", err=True)
    if report.fingerprint and key is None:
        typer.echo(f"key  {report.fingerprint}")
        typer.echo("     compare this fingerprint with the one the authority made public")
    if not report.ok and report.findings:
        raise typer.Exit(2)
    typer.echo("ok: exactly as it was sealed" if report.findings else "ok: the store is empty")


@evidence.command("key")
def show_key() -> None:
    """Print the present public key and its fingerprint, to be made public."""
    from ..db import begin

    with begin() as session:
        name = keys.present(session)
        [row] = [row for row in keys.listed(session) if row.id == name]
        typer.echo(keys.pem_of(row.public_key), nl=False)
        typer.echo(f"# {row.id}  {keys.fingerprint_of(row.public_key)}")


@evidence.command("rotate-key")
def rotate_key() -> None:
    """Make a new signing key; public keys of the old ones stay, to verify what they signed."""
    from ..audit.register import Act, enter
    from ..db import begin

    with begin() as session:
        name = keys.rotate(session)
        enter(session, Act("evidence.key_rotated", None, "system", detail={"key": name}))
    typer.echo(name)


def _verify_store() -> Report:
    from ..db import begin
    from .checking import check_store

    with begin() as session:
        return check_store(session)


def _public(path: Path) -> bytes:
    try:
        return keys.public_of(path.read_bytes())
    except ValueError as wrong:
        raise InvalidField(field="key", reason=str(wrong)) from wrong
