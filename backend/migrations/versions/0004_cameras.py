"""cameras: registry, poses, devices, viewsheds, streams"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UPGRADE = """
-- One rising number for all cameras: "what changed after N" is an index range.
CREATE SEQUENCE camera_versions;
CREATE TABLE cameras (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  set_name text NOT NULL,
  code text,
  name text NOT NULL,
  initials text NOT NULL DEFAULT '',
  kind text NOT NULL DEFAULT 'other',
  has_ptz boolean NOT NULL DEFAULT false,
  height_m double precision CHECK (height_m > 0 AND height_m <= 300),
  width_px integer CHECK (width_px > 0),
  address text,
  managing_unit text,
  use_type text,
  division_code bigint NOT NULL DEFAULT 0,
  is_alive boolean,
  status_reason text,
  last_frame_at timestamptz,
  version bigint NOT NULL DEFAULT nextval('camera_versions'),
  geom geometry(Point, 4326) NOT NULL,
  geom_3857 geometry(Point, 3857) GENERATED ALWAYS AS (ST_Transform(geom, 3857)) STORED
);
ALTER SEQUENCE camera_versions OWNED BY cameras.version;
CREATE INDEX cameras_set_name_idx ON cameras (set_name);
CREATE INDEX cameras_code_idx ON cameras (code);
CREATE INDEX cameras_version_idx ON cameras (version);
CREATE INDEX cameras_division_idx ON cameras (division_code);
CREATE INDEX cameras_geom_idx ON cameras USING gist (geom);
CREATE INDEX cameras_geom_3857_idx ON cameras USING gist (geom_3857);
CREATE INDEX cameras_name_idx ON cameras USING gin (name gin_trgm_ops);
CREATE INDEX cameras_initials_idx ON cameras (initials text_pattern_ops);
CREATE FUNCTION camera_next_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.version := nextval('camera_versions'); RETURN NEW; END $$;
CREATE TRIGGER next_version BEFORE UPDATE ON cameras
  FOR EACH ROW EXECUTE FUNCTION camera_next_version();

CREATE TABLE poses (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  sensor_no smallint NOT NULL DEFAULT 1,
  azimuth_deg double precision CHECK (azimuth_deg >= 0 AND azimuth_deg < 360),
  azimuth_error_deg double precision NOT NULL DEFAULT 0
    CHECK (azimuth_error_deg >= 0 AND azimuth_error_deg <= 180),
  tilt_deg double precision CHECK (tilt_deg BETWEEN -90 AND 90),
  fov_deg double precision CHECK (fov_deg > 0 AND fov_deg <= 360),
  range_m double precision CHECK (range_m > 0),
  CONSTRAINT poses_camera_id_sensor_no_key UNIQUE (camera_id, sensor_no)
);

CREATE TABLE devices (
  camera_id bigint PRIMARY KEY REFERENCES cameras ON DELETE CASCADE,
  address text NOT NULL CHECK (address !~ '@'),
  secret bytea,
  information jsonb NOT NULL DEFAULT '{}',
  profiles jsonb NOT NULL DEFAULT '[]',
  auth_state text NOT NULL DEFAULT 'unknown'
    CHECK (auth_state IN ('unknown', 'accepted', 'rejected')),
  enrolled_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE viewsheds (
  pose_id bigint PRIMARY KEY REFERENCES poses ON DELETE CASCADE,
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  division_code bigint NOT NULL DEFAULT 0,
  certain geometry(MultiPolygon, 4326),
  possible geometry(MultiPolygon, 4326),
  extent_3857 geometry(Polygon, 3857) GENERATED ALWAYS AS (
    ST_Transform(ST_SetSRID(
      ST_Envelope(ST_Collect(certain::geometry, possible::geometry)), 4326), 3857)::geometry(Polygon, 3857)
  ) STORED,
  certain_area_m2 double precision NOT NULL DEFAULT 0,
  possible_area_m2 double precision NOT NULL DEFAULT 0,
  is_stale boolean NOT NULL DEFAULT false,
  computed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX viewsheds_camera_idx ON viewsheds (camera_id);
CREATE INDEX viewsheds_extent_3857_idx ON viewsheds USING gist (extent_3857);

CREATE TABLE streams (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket_hash bytea NOT NULL,
  kind text NOT NULL CHECK (kind IN ('live', 'snapshot')),
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  user_id bigint NOT NULL REFERENCES users,
  division_code bigint NOT NULL,
  purpose text NOT NULL REFERENCES purposes,
  incident_id bigint,
  profile text NOT NULL CHECK (profile IN ('main', 'sub')),
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  bytes_sent bigint NOT NULL DEFAULT 0,
  end_reason text,
  CONSTRAINT streams_ticket_hash_key UNIQUE (ticket_hash)
);
CREATE INDEX streams_open_idx ON streams (camera_id) WHERE ended_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON cameras, poses, devices, viewsheds TO gridlink_app;
GRANT SELECT, INSERT, UPDATE ON streams TO gridlink_app;
GRANT USAGE, SELECT ON SEQUENCE camera_versions TO gridlink_app;

ALTER TABLE cameras ENABLE ROW LEVEL SECURITY;
ALTER TABLE poses ENABLE ROW LEVEL SECURITY;
ALTER TABLE devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE viewsheds ENABLE ROW LEVEL SECURITY;
ALTER TABLE streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON cameras TO gridlink_app
  USING (division_code BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY through_camera ON poses TO gridlink_app
  USING (EXISTS (SELECT FROM cameras c WHERE c.id = camera_id));
CREATE POLICY through_camera ON devices TO gridlink_app
  USING (EXISTS (SELECT FROM cameras c WHERE c.id = camera_id));
CREATE POLICY jurisdiction ON viewsheds TO gridlink_app
  USING (division_code BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY jurisdiction ON streams TO gridlink_app
  USING (division_code BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));

CREATE TRIGGER layer_changed AFTER INSERT OR DELETE
  OR UPDATE OF geom, height_m, width_px, has_ptz, division_code ON cameras
  FOR EACH STATEMENT EXECUTE FUNCTION gridlink_layer_changed();
-- A camera that comes or goes changes the picture of the map, not what could be seen from where.
CREATE TRIGGER layer_touched AFTER UPDATE OF is_alive, name ON cameras
  FOR EACH STATEMENT EXECUTE FUNCTION gridlink_layer_touched();
CREATE TRIGGER layer_changed AFTER INSERT OR UPDATE OR DELETE ON poses
  FOR EACH STATEMENT EXECUTE FUNCTION gridlink_layer_changed();
CREATE TRIGGER layer_touched AFTER INSERT OR UPDATE OR DELETE ON viewsheds
  FOR EACH STATEMENT EXECUTE FUNCTION gridlink_layer_touched();
"""

DOWNGRADE = """
DROP TABLE streams, viewsheds, devices, poses, cameras;
DROP FUNCTION camera_next_version();
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
