"""ptz: what heads can do, where they look, who holds them; presets, tours, masked sectors"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("ptz_heads", "ptz_presets", "ptz_tours", "ptz_masks", "ptz_locks", "ptz_positions")

UPGRADE = """
-- `can`: what the device said it can do. `calibration`: how its numbers become directions.
CREATE TABLE ptz_heads (
  camera_id bigint PRIMARY KEY REFERENCES cameras ON DELETE CASCADE,
  division_code bigint NOT NULL,
  profile_token text NOT NULL,
  can jsonb NOT NULL CHECK (jsonb_typeof(can) = 'object'),
  read_at timestamptz NOT NULL,
  widest_deg double precision CHECK (widest_deg > 0 AND widest_deg < 180),
  narrowest_deg double precision CHECK (narrowest_deg > 0 AND narrowest_deg < 180),
  calibration jsonb CHECK (jsonb_typeof(calibration) = 'object'),
  calibrated_at timestamptz,
  home_preset_id bigint,
  home_after_s integer CHECK (home_after_s BETWEEN 10 AND 86400),
  CHECK (narrowest_deg <= widest_deg),
  CHECK ((calibration IS NULL) = (calibrated_at IS NULL))
);

-- `token` is the device's own; pan, tilt, zoom in the device's units, the angles as computed or
-- stated by a person; NULL: not known.
CREATE TABLE ptz_presets (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  division_code bigint NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  token text NOT NULL,
  pan double precision,
  tilt double precision,
  zoom double precision,
  azimuth_deg double precision CHECK (azimuth_deg >= 0 AND azimuth_deg < 360),
  tilt_deg double precision CHECK (tilt_deg BETWEEN -90 AND 90),
  fov_deg double precision CHECK (fov_deg > 0 AND fov_deg <= 180),
  CONSTRAINT ptz_presets_camera_id_name_key UNIQUE (camera_id, name),
  CONSTRAINT ptz_presets_camera_id_token_key UNIQUE (camera_id, token)
);
ALTER TABLE ptz_heads ADD CONSTRAINT ptz_heads_home_preset_id_fkey
  FOREIGN KEY (home_preset_id) REFERENCES ptz_presets ON DELETE SET NULL;

-- A tour runs while `due_at` is set: then it goes to its next stop.
CREATE TABLE ptz_tours (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  division_code bigint NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  stops jsonb NOT NULL CHECK (jsonb_typeof(stops) = 'array'),
  step integer NOT NULL DEFAULT 0,
  due_at timestamptz,
  started_by bigint REFERENCES users,
  purpose text,
  incident_id bigint,
  CONSTRAINT ptz_tours_camera_id_name_key UNIQUE (camera_id, name)
);
CREATE UNIQUE INDEX ptz_tours_one_runs_idx ON ptz_tours (camera_id) WHERE due_at IS NOT NULL;

-- From the left edge clockwise to the right one; depressions below the horizon, degrees.
CREATE TABLE ptz_masks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  division_code bigint NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  from_deg double precision NOT NULL CHECK (from_deg >= 0 AND from_deg < 360),
  to_deg double precision NOT NULL CHECK (to_deg >= 0 AND to_deg < 360),
  top_deg double precision NOT NULL DEFAULT -90 CHECK (top_deg BETWEEN -90 AND 90),
  bottom_deg double precision NOT NULL DEFAULT 90 CHECK (bottom_deg BETWEEN -90 AND 90),
  CHECK (top_deg < bottom_deg)
);
CREATE INDEX ptz_masks_camera_idx ON ptz_masks (camera_id);

-- One row a camera, so that two who reach for it at once meet in it.
CREATE TABLE ptz_locks (
  camera_id bigint PRIMARY KEY REFERENCES cameras ON DELETE CASCADE,
  division_code bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('use', 'lock')),
  holder_id bigint NOT NULL REFERENCES users,
  holder_name text NOT NULL,
  priority integer NOT NULL,
  purpose text NOT NULL,
  incident_id bigint,
  taken_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CHECK (expires_at > taken_at)
);

-- Where a head was last known to look. `home_due_at`: when it goes back to its home view.
CREATE TABLE ptz_positions (
  camera_id bigint PRIMARY KEY REFERENCES cameras ON DELETE CASCADE,
  division_code bigint NOT NULL,
  pan double precision,
  tilt double precision,
  zoom double precision,
  azimuth_deg double precision CHECK (azimuth_deg >= 0 AND azimuth_deg < 360),
  tilt_deg double precision CHECK (tilt_deg BETWEEN -90 AND 90),
  fov_deg double precision CHECK (fov_deg > 0 AND fov_deg <= 180),
  error_deg double precision CHECK (error_deg >= 0),
  method text NOT NULL,
  moved_at timestamptz NOT NULL,
  home_due_at timestamptz
);
CREATE INDEX ptz_positions_home_idx ON ptz_positions (home_due_at) WHERE home_due_at IS NOT NULL;

-- What hangs on a camera goes with it into another division, whoever moves it.
CREATE FUNCTION ptz_follow_camera() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
%(follow)s
  RETURN NULL;
END $$;
CREATE TRIGGER ptz_follow AFTER UPDATE OF division_code ON cameras FOR EACH ROW
  WHEN (OLD.division_code IS DISTINCT FROM NEW.division_code)
  EXECUTE FUNCTION ptz_follow_camera();
"""

POLICY = """
CREATE INDEX {0}_division_idx ON {0} (division_code);
GRANT SELECT, INSERT, UPDATE, DELETE ON {0} TO gridlink_app;
ALTER TABLE {0} ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON {0} TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
"""

_FOLLOW = "  UPDATE {0} SET division_code = NEW.division_code WHERE camera_id = NEW.id;"


def upgrade() -> None:
    op.execute(UPGRADE % {"follow": "\n".join(_FOLLOW.format(name) for name in TABLES)})
    for name in TABLES:
        op.execute(POLICY.format(name))


def downgrade() -> None:
    op.execute("DROP TRIGGER ptz_follow ON cameras; DROP FUNCTION ptz_follow_camera()")
    op.execute("ALTER TABLE ptz_heads DROP CONSTRAINT ptz_heads_home_preset_id_fkey")
    for name in reversed(TABLES):
        op.execute(f"DROP TABLE {name}")
