"""One frozen tree of settings, read from `GRIDLINK_*` variables (`__` separates levels).

Example: `GRIDLINK_HTTP__PORT=8080`. Nothing is read at import; entries call `load()`.
"""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


def _default_var_dir() -> Path:
    """A checkout keeps its state in `var/`; an installed package in the service directory."""
    return ROOT / "var" if (ROOT / "pyproject.toml").exists() else Path("/var/lib/gridlink")


Vehicle = Literal["foot", "ebike", "motorcycle", "car"]


class _Branch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Site(_Branch):
    """What this installation is called and where its map opens."""

    name: str = "网格联"
    name_en: str = "gridlink"
    simulated: bool = False
    timezone: str = Field(default="Asia/Shanghai", description="in which shifts are planned")
    tianditu_key: str | None = Field(default=None, repr=False)
    tianditu_host: str = Field(
        default="https://t0.tianditu.gov.cn", pattern=r"^https?://[A-Za-z0-9.:-]+$"
    )


class Http(_Branch):
    """The API server. Limits stand here because uvicorn has none of its own."""

    host: str = "127.0.0.1"
    port: int = 8000
    allowed_origins: tuple[str, ...] = ()
    secure_cookie: bool = False
    session_hours: int = Field(default=12, ge=1, le=24 * 7)
    body_limit_bytes: int = 2 * 1024 * 1024
    body_timeout_s: float = 30.0
    streams_per_user: int = Field(default=8, description="open server-sent event streams per user")


class Media(_Branch):
    """Media workers: processes of their own, cameras spread over them by a stable hash."""

    workers: int = Field(default=1, ge=1, le=64)
    host: str = "127.0.0.1"
    first_port: int = 8100
    public_url: str | None = Field(
        default=None, description="ws(s)://host/media/{worker} when a front server stands before"
    )
    allowed_networks: tuple[str, ...] = (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
    )
    linger_s: float = 60.0
    warm_s: float = 90.0
    ticket_s: float = 30.0
    transcodes: int = Field(default=2, ge=0)
    check_every_s: float = Field(default=300.0, ge=30, le=86_400)
    checks_kept_days: int = Field(default=180, ge=1, le=3650)
    steady_s: float = Field(default=5.0, ge=0, le=60)
    steady_most_s: float = Field(default=60.0, ge=0, le=3600)
    gateway: Literal["embedded", "mediamtx"] = "embedded"
    mediamtx_api: str = "http://127.0.0.1:9997"
    mediamtx_secret: str | None = Field(default=None, repr=False, min_length=16)
    mediamtx_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    whep_url: str = Field(
        default="/whep", description="where browsers reach the gateway; best behind our own host"
    )


class Health(_Branch):
    """How often each camera's picture is looked at, how many at once, how long turns are kept."""

    every_s: float = Field(default=900.0, ge=10, le=86_400)
    urgent_s: float = Field(
        default=120.0, ge=10, le=86_400, description="cameras open for an incident"
    )
    at_once: int = Field(default=8, ge=1, le=64)
    clock_every_s: float = Field(default=21_600.0, ge=10, le=7 * 86_400)
    clock_limit_s: float = Field(default=30.0, gt=0, le=86_400)
    turns_kept_days: int = Field(default=400, ge=1, le=36_500)


class Aiming(_Branch):
    """How heads are turned: bounds of commands, how long whoever turned one keeps it."""

    at_once: int = Field(default=8, ge=1, le=64, description="heads commanded at the same time")
    command_s: float = Field(default=4.0, gt=0, le=30)
    arrive_s: float = Field(default=8.0, gt=0, le=60)
    use_s: int = Field(default=15, ge=2, le=600)
    forbidden_height_m: float = Field(default=30.0, ge=0, le=300)


class Imports(_Branch):
    """Bounds on files from outside; each is checked before GDAL sees a byte."""

    upload_limit_bytes: int = 256 * 1024 * 1024
    unpacked_limit_bytes: int = 1024 * 1024 * 1024
    compression_ratio_limit: float = 100.0
    entries_limit: int = 1000
    vertices_per_feature: int = 100_000
    features_limit: int = 2_000_000
    memory_limit_bytes: int = 4 * 1024 * 1024 * 1024
    time_limit_s: float = 600.0
    default_building_height_m: float = 9.0


class Exports(_Branch):
    """Where files for others lie, how long, and from how many rows on a job writes them."""

    folder: Path | None = Field(default=None, description="`exports` in `var_dir` when unset")
    kept_hours: float = Field(default=24.0, gt=0, le=24 * 31)
    at_once_rows: int = Field(default=5000, ge=0, le=100_000)


class Sight(_Branch):
    """Assumptions where a camera or building says nothing; every use is shown as assumed."""

    target_height_m: float = 1.5
    camera_height_m: float = 6.0
    fov_deg: float = 60.0
    fov_error_deg: float = 30.0
    width_px: int = 1920
    least_px_per_m: float = 20.0
    search_radius_m: float = 500.0
    ptz_radius_m: float = 5000.0
    terrain_path: Path | None = None


class Coverage(_Branch):
    """How coverage is counted: when exactly, what stands for a place, which gaps are told of."""

    exact_grids: int = Field(default=500, ge=0)
    place_radius_m: float = Field(default=50.0, gt=0)
    least_gap_m2: float = Field(default=100.0, ge=0)
    incident_months: int = Field(default=12, ge=1, le=120)
    rate_px_per_m: float = 40.0
    rate_share: float = Field(default=0.8, gt=0, le=1)
    scheduler: str | None = Field(
        default=None,
        pattern=r"^(tcp|tls)://[A-Za-z0-9.:\[\]-]+$",
        description="Dask workers that count a whole land",
    )


class Patrol(_Branch):
    """How long positions are kept, how much a tracker may send, what counts as gone over."""

    fixes_kept_days: int = Field(default=90, ge=1, le=36_500)
    rows_per_batch: int = Field(default=5000, ge=1, le=50_000)
    requests_per_s: float = Field(default=20.0, gt=0, description="of one tracker, on average")
    longest_duty_hours: int = Field(
        default=16, ge=1, le=72, description="duty that nobody ended is ended after this"
    )
    gap_s: float = Field(default=120.0, gt=0, le=3600, description="a longer silence is a gap")
    accuracy_limit_m: float = Field(default=50.0, gt=0, le=1000)
    merge_s: float = Field(default=60.0, ge=0, le=3600)
    swath_m: dict[Vehicle, float] = Field(default={}, description="by vehicle, where it differs")
    speed_mps: dict[Vehicle, float] = Field(default={}, description="limits, likewise")
    cell_m: float = Field(default=10.0, ge=5, le=100)
    figures_kept_days: int = Field(default=400, ge=1, le=36_500)
    due_share: float = Field(
        default=0.25, gt=0, lt=1, description="the last part of the time allowed, which is due"
    )
    alert_hours: int = Field(default=24, ge=1, le=24 * 31, description="older is not alerted of")
    quiet_s: float = Field(default=600.0, ge=0, le=86_400, description="before an alert comes anew")


class Roads(_Branch):
    """How roads become a network, how far beside it one may stand, how long a loop is sought."""

    snap_m: float = Field(default=1.0, gt=0, le=50)
    off_road_m: float = Field(default=500.0, gt=0, le=10_000)
    advice_s: float = Field(default=3.0, gt=0, le=30)


class Eyeson(_Branch):
    """When a grid or key place counts as in view, and from which colour on an alert is raised."""

    grid_share: float = Field(default=0.1, gt=0, le=1)
    place_share: float = Field(default=0.5, gt=0, le=1)
    alert_from: Literal["blue", "yellow", "red"] = "yellow"
    hours_kept_days: int = Field(default=400, ge=2, le=36_500)


class Dispatch(_Branch):
    """Clocks of units and departments, what proves an arrival, how nearest is judged."""

    accept_red_s: int = Field(default=120, ge=10, le=86_400)
    accept_yellow_s: int = Field(default=300, ge=10, le=86_400)
    accept_blue_s: int = Field(default=900, ge=10, le=86_400)
    arrive_red_s: int = Field(default=900, ge=10, le=86_400 * 7)
    arrive_yellow_s: int = Field(default=1800, ge=10, le=86_400 * 7)
    arrive_blue_s: int = Field(default=7200, ge=10, le=86_400 * 7)
    callout_accept_s: int = Field(default=900, ge=10, le=86_400)
    callout_arrive_s: int = Field(default=3600, ge=10, le=86_400 * 7)
    arrival_radius_m: float = Field(default=100.0, gt=0, le=5000)
    arrival_window_s: int = Field(default=600, ge=0, le=3600)
    position_fresh_s: int = Field(default=720, ge=10, le=86_400)
    load_penalty_s: int = Field(default=600, ge=0, le=86_400)
    photograph_limit_bytes: int = Field(default=2 * 1024 * 1024, ge=1024)
    photograph_side_px: int = Field(default=2048, ge=320, le=8192)
    photographs_kept_days: int = Field(default=365, ge=1, le=3650)


class Alarms(_Branch):
    """How many devices are asked for events, when one is told of, how long it is kept."""

    subscriptions: int = Field(
        default=500, ge=0, le=20_000, description="devices of one media worker; 0: none"
    )
    debounce_s: float = Field(default=30.0, ge=0, le=3600)
    camera_limit: int = Field(default=10, ge=1, le=1000)
    camera_window_s: int = Field(default=600, ge=10, le=86_400)
    offline_after_s: float = Field(default=30.0, ge=0, le=86_400)
    kept_days: int = Field(default=180, ge=1, le=3650)


class Grids(_Branch):
    """How codes of new grids are made: a pattern with named parts, for all sets or for one."""

    code_layout: str = Field(
        default="{division}{serial:3}",
        description="parts: division (12 digits), county, township, village, serial:n",
    )
    code_layouts: dict[str, str] = Field(default={}, description="set name -> its own layout")


class Handheld(_Branch):
    """How dense the track of a unit on duty is: a position kept when either is reached."""

    fix_least_m: float = Field(default=10.0, ge=0, le=1000)
    fix_every_s: float = Field(default=15.0, ge=1, le=600)


class Evidence(_Branch):
    """Where clips are kept, how much and how long, and how far back a recording begins."""

    folder: Path | None = Field(default=None, description="`evidence` in `var_dir` when unset")
    profile: Literal["main", "sub"] = "main"
    before_s: float = Field(default=10.0, ge=0, le=60)
    ring_bytes: int = Field(default=32 * 1024 * 1024, ge=1024 * 1024, description="of one camera")
    rings: int = Field(default=16, ge=1, le=256, description="cameras of one media worker")
    clip_limit_s: float = Field(default=3600.0, ge=10, le=86_400)
    budget_bytes: int = Field(default=50 * 1024**3, ge=1024 * 1024)
    spare_bytes: int = Field(default=1024**3, ge=0, description="left free on the disk")
    kept_days: int = Field(default=90, ge=1, le=36_500)


class Settings(BaseSettings):
    """The tree. `database_url` unset means the private cluster in `var_dir`."""

    model_config = SettingsConfigDict(
        env_prefix="GRIDLINK_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    var_dir: Path = Field(default_factory=_default_var_dir)
    database_url: str | None = Field(default=None, repr=False)
    vault_key: str | None = Field(default=None, repr=False)
    language: Literal["zh", "en"] = "zh"
    site: Site = Site()
    http: Http = Http()
    media: Media = Media()
    aiming: Aiming = Aiming()
    health: Health = Health()
    imports: Imports = Imports()
    exports: Exports = Exports()
    sight: Sight = Sight()
    coverage: Coverage = Coverage()
    patrol: Patrol = Patrol()
    roads: Roads = Roads()
    eyeson: Eyeson = Eyeson()
    dispatch: Dispatch = Dispatch()
    alarms: Alarms = Alarms()
    handheld: Handheld = Handheld()
    grids: Grids = Grids()
    evidence: Evidence = Evidence()


@cache
def load() -> Settings:
    """Return the settings of this process; read once, at the first call of an entry."""
    return Settings()
