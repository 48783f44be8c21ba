"""The command line: `gridlink db|import|serve|worker|media|cameras|users|sight|audit|openapi`.

Exit codes: 0 done, 1 usage or an installation at fault, 2 the input was refused.
"""

import json
import sys
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from . import cluster, databases
from .db import database_url
from .errors import GridlinkError, Misconfigured
from .settings import load

app = typer.Typer(no_args_is_help=True, add_completion=False, help="网格联 gridlink")
db = typer.Typer(no_args_is_help=True, help="The private cluster and its databases.")
app.add_typer(db, name="db")


@db.command()
def start() -> None:
    """Start the private cluster (made at first use) and bring its database up to date."""
    cluster.start(cluster.locate(load().var_dir))
    if load().database_url is None:
        databases.ensure("gridlink")
    typer.echo(database_url())


@db.command()
def stop() -> None:
    """Stop the private cluster."""
    cluster.stop(cluster.locate(load().var_dir))


@db.command()
def url() -> None:
    """Print the URL of the chosen database."""
    typer.echo(database_url())


@db.command()
def create(name: str) -> None:
    """Make and migrate a fresh database NAME on the same server, and print its URL."""
    if load().database_url is None:
        cluster.start(cluster.locate(load().var_dir))
    typer.echo(databases.create(name))


@db.command()
def upgrade() -> None:
    """Migrate the chosen database to the newest schema."""
    databases.upgrade()


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document; the console's types are made from it."""
    from .app import create_app

    typer.echo(json.dumps(create_app().openapi(), ensure_ascii=False, indent=1, sort_keys=True))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the API and console.")] = None,
) -> None:
    """Serve the API and the console, with the media workers beside them."""
    from .app import run

    run(host or load().http.host, port or load().http.port)


@app.command()
def worker() -> None:
    """Run jobs until stopped."""
    from .worker import run

    run()


def _mount_domains() -> None:
    """Add each domain's commands; imported late so that `gridlink db` stays quick."""
    from .accounts.commands import users
    from .audit.commands import audit
    from .cameras.commands import cameras, sight
    from .demo.command import demo
    from .exchange.commands import import_file

    app.add_typer(users, name="users")
    app.add_typer(audit, name="audit")
    app.add_typer(cameras, name="cameras")
    # Western longitudes begin with a minus sign; they are numbers here, not options.
    app.command("sight", context_settings={"ignore_unknown_options": True})(sight)
    app.command("import")(import_file)
    app.command("demo")(demo)


def _tell(code: str, message: str) -> None:
    """Say what is wrong on standard error; with --json also as the one object that is awaited."""
    typer.echo(message, err=True)
    if "--json" in sys.argv[1:]:
        typer.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))


def main() -> None:
    """Run a command; an expected error ends with its sentence, never with a traceback."""
    if sys.argv[1:2] != ["db"]:
        _mount_domains()
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except TyperException as usage:
        _tell("usage", usage.format_message())
        typer.echo("gridlink --help", err=True)
    except Abort:
        typer.echo("aborted", err=True)
    except GridlinkError as error:
        _tell(error.code, error.sentence(load().language))
        sys.exit(1 if isinstance(error, Misconfigured) else 2)
    sys.exit(1)


if __name__ == "__main__":
    main()
