"""The private PostgreSQL cluster in `var/`: own data directory, own socket, no TCP.

It never touches a cluster that is already on the machine. Whoever may read the socket directory
signs in by `peer` authentication, so no password exists that could leak.
"""

import getpass
import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import Misconfigured

OWNER = "gridlink"
PORT = 5432  # names the socket file only; the cluster does not listen on TCP
_SOCKET_PATH_LIMIT = 90  # a unix socket's path ends at 107 bytes, the file name takes 15
_TUNING = """
listen_addresses = ''
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0777
shared_buffers = 256MB
max_connections = 200
jit = off
max_parallel_workers_per_gather = 0
wal_level = minimal
max_wal_senders = 0
log_destination = stderr
timezone = 'UTC'
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the cluster lives and which operating-system user runs it."""

    home: Path
    socket_dir: Path
    run_as: str

    @property
    def data_dir(self) -> Path:
        return self.home / "data"

    def url(self, database: str = "gridlink") -> str:
        return f"postgresql://{OWNER}@/{database}?host={self.socket_dir}&port={PORT}"


def locate(var_dir: Path) -> Cluster:
    """Return the cluster that belongs to `var_dir`, whether or not it exists yet."""
    run_as = "postgres" if os.geteuid() == 0 else getpass.getuser()
    digest = hashlib.sha256(str(var_dir).encode()).hexdigest()[:12]
    home = var_dir / "pg"
    if run_as == "postgres" and not _can_traverse(run_as, var_dir):
        # A checkout under a 0700 home directory is closed to the postgres user.
        home = Path("/var/lib/gridlink") / digest
    socket_dir = home / "socket"
    if len(str(socket_dir)) > _SOCKET_PATH_LIMIT:
        socket_dir = Path("/var/tmp") / f"gridlink-{digest}"  # noqa: S108  owner is checked below
    return Cluster(home, socket_dir, run_as)


def start(cluster: Cluster) -> None:
    """Create the cluster if it is new, and start it if it is down; returns when it accepts."""
    if not (cluster.data_dir / "PG_VERSION").exists():
        _create(cluster)
    if is_running(cluster):
        return
    _forget_killed(cluster)
    log = cluster.home / "postgresql.log"
    _run(cluster, "pg_ctl", "-D", cluster.data_dir, "-l", log, "-w", "-t", "30", "start")


def stop(cluster: Cluster) -> None:
    """Stop the cluster, ending open sessions; nothing happens if it is down."""
    if is_running(cluster):
        _run(cluster, "pg_ctl", "-D", cluster.data_dir, "-m", "fast", "-w", "stop")


def is_running(cluster: Cluster) -> bool:
    """Return whether a postmaster serves this data directory."""
    if _process_state(cluster) in (None, "Z"):
        return False
    return _run(cluster, "pg_ctl", "-D", cluster.data_dir, "status", check=False) == 0


def _process_state(cluster: Cluster) -> str | None:
    """Return the state letter of the postmaster's process, None when there is none."""
    try:
        pid = int((cluster.data_dir / "postmaster.pid").read_text().split()[0])
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError, IndexError):
        return None


def _forget_killed(cluster: Cluster) -> None:
    """Remove the locks of a postmaster that was killed and that nobody has reaped.

    In a container without an init its pid lives on, and PostgreSQL would wait for it for ever.
    """
    if _process_state(cluster) == "Z":
        (cluster.socket_dir / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        (cluster.data_dir / "postmaster.pid").unlink(missing_ok=True)


def _create(cluster: Cluster) -> None:
    for folder in (cluster.home, cluster.socket_dir):
        folder.mkdir(parents=True, exist_ok=True)
        if cluster.run_as == "postgres":
            shutil.chown(folder, "postgres")
        if pwd.getpwuid(folder.stat().st_uid).pw_name != cluster.run_as:
            raise Misconfigured(reason=f"{folder} belongs to another user: remove it")
    _run(
        cluster,
        *("initdb", "-D", cluster.data_dir, "-U", OWNER, "-E", "UTF8", "--locale=C.UTF-8"),
        *("--auth-local=peer", "--auth-host=reject"),
    )
    conf = _TUNING.format(socket_dir=cluster.socket_dir)
    users = dict.fromkeys(["root", cluster.run_as, getpass.getuser()])
    _write(cluster, "postgresql.auto.conf", conf)
    _write(cluster, "pg_hba.conf", "local all all peer map=gridlink\n")
    _write(cluster, "pg_ident.conf", "".join(f"gridlink {user} {OWNER}\n" for user in users))


def _write(cluster: Cluster, name: str, text: str) -> None:
    target = cluster.data_dir / name
    target.write_text(text)
    if cluster.run_as == "postgres" and os.geteuid() == 0:
        shutil.chown(target, "postgres")


def _run(cluster: Cluster, program: str, *arguments: object, check: bool = True) -> int:
    command = [str(_bin_dir() / program), *map(str, arguments)]
    if os.geteuid() == 0:
        command = ["runuser", "-u", cluster.run_as, "--", *command]
    done = subprocess.run(  # noqa: S603  fixed programs, own paths
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/", check=False
    )
    if check and done.returncode != 0:
        said = done.stdout.decode(errors="replace").strip()[-600:]
        raise Misconfigured(reason=f"{program} ended with {done.returncode}: {said}")
    return done.returncode


def _bin_dir() -> Path:
    """Return the newest server's directory; Debian keeps servers off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise Misconfigured(reason="no PostgreSQL server is installed: run `make setup`")
    return Path(on_path).resolve().parent


def _can_traverse(user: str, folder: Path) -> bool:
    """Return whether `user` may pass through the nearest existing ancestor of `folder`."""
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    test = ["runuser", "-u", user, "--", "test", "-x", str(existing)]
    return subprocess.run(test, cwd="/", check=False).returncode == 0  # noqa: S603
