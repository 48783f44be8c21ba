"""The command line: databases, processes, imports and one group of commands for each domain.

Exit codes: 0 done, 1 usage or an installation at fault, 2 the input was refused.
"""

import json
import resource
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


def _mount_users() -> None:
    from .accounts.commands import users

    app.add_typer(users, name="users")


def _mount_audit() -> None:
    from .audit.commands import audit

    app.add_typer(audit, name="audit")


def _mount_evidence() -> None:
    from .evidence.commands import evidence

    app.add_typer(evidence, name="evidence")


def _mount_cameras() -> None:
    from .cameras.commands import cameras

    app.add_typer(cameras, name="cameras")


def _mount_devices() -> None:
    from .cameras.enrolment.commands import devices

    app.add_typer(devices, name="devices")


def _mount_sight() -> None:
    from .cameras.commands import sight

    # Western longitudes begin with a minus sign; they are numbers here, not options.
    app.command("sight", context_settings={"ignore_unknown_options": True})(sight)


def _mount_grids() -> None:
    from .grids.commands import grids

    app.add_typer(grids, name="grids")


def _mount_import() -> None:
    from .exchange.commands import import_file
    from .exchange.inspect_commands import inspect

    app.command("import")(import_file)
    app.command("inspect")(inspect)


def _mount_export() -> None:
    from .exchange.exports.commands import export_file

    app.command("export")(export_file)


def _mount_check() -> None:
    from .exchange.checking.commands import check

    app.add_typer(check, name="check")


def _mount_coverage() -> None:
    from .coverage.commands import coverage

    app.add_typer(coverage, name="coverage")


def _mount_patrol() -> None:
    from .patrol.commands import patrol

    app.add_typer(patrol, name="patrol")


def _mount_siting() -> None:
    from .coverage.sitings.commands import siting

    app.add_typer(siting, name="siting")


def _mount_report() -> None:
    from .coverage.reports.commands import write_report

    app.command("report")(write_report)


def _mount_roads() -> None:
    from .basemap.commands import roads

    app.add_typer(roads, name="roads")


def _mount_eyeson() -> None:
    from .eyeson.commands import show_clocks

    app.command("eyeson")(show_clocks)


def _mount_demo() -> None:
    from .demo.command import demo

    app.command("demo")(demo)


#: A domain's commands are imported when they are asked for: numba and GDAL take seconds to load.
_DOMAINS = {
    "users": _mount_users,
    "audit": _mount_audit,
    "evidence": _mount_evidence,
    "cameras": _mount_cameras,
    "devices": _mount_devices,
    "sight": _mount_sight,
    "grids": _mount_grids,
    "import": _mount_import,
    "export": _mount_export,
    "check": _mount_check,
    "coverage": _mount_coverage,
    "patrol": _mount_patrol,
    "siting": _mount_siting,
    "report": _mount_report,
    "roads": _mount_roads,
    "eyeson": _mount_eyeson,
    "demo": _mount_demo,
}
_OWN = frozenset({"db", "serve", "worker", "openapi"})


def mount_domains(wanted: str | None = None) -> None:
    """Add the commands of the domain named; of all where none is, as for `--help`."""
    if wanted in _OWN:
        return
    for name, mount in _DOMAINS.items():
        if wanted not in _DOMAINS or name == wanted:
            mount()


def _tell(code: str, message: str) -> None:
    """Say what is wrong on standard error; with --json also as the one object that is awaited."""
    typer.echo(message, err=True)
    if "--json" in sys.argv[1:]:
        typer.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))


def main() -> None:
    """Run a command; an expected error ends with its sentence, never with a traceback."""
    mount_domains(next(iter(sys.argv[1:]), None))
    # A dump would hold what is sealed everywhere else; processes begun from here inherit it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
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
