"""enrolment: lists of devices to take in, group logins, refused logins, channels of one device"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

UPGRADE = """
-- A recorder serves many cameras: each row is a camera's channel of the device at an address.
ALTER TABLE devices
  ADD COLUMN channel smallint NOT NULL DEFAULT 1 CHECK (channel BETWEEN 1 AND 1024),
  ADD COLUMN source_token text,
  ADD COLUMN identities text[] NOT NULL DEFAULT '{}',
  ADD COLUMN quirks text[] NOT NULL DEFAULT '{}';
CREATE INDEX devices_address_idx ON devices (address);
-- Names are compared whole here; the index of trigrams is dearer than reading all of a county.
CREATE INDEX cameras_name_whole_idx ON cameras (name);
CREATE INDEX devices_identities_idx ON devices USING gin (identities);
UPDATE devices SET identities = ARRAY['serial:' || lower(
    trim(information->>'manufacturer') || '/' || trim(information->>'serial_number'))]
  WHERE length(trim(information->>'serial_number')) > 3;

-- One address, one login: what is accepted or refused for one channel holds for its neighbours,
-- or sixteen channels would try a wrong password sixteen times. The owner's rights, because the
-- cameras of a recorder may stand in several divisions.
CREATE FUNCTION device_share_login() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
  IF NEW.auth_state = 'accepted' THEN
    UPDATE devices SET secret = NEW.secret, auth_state = NEW.auth_state
    WHERE address = NEW.address AND camera_id <> NEW.camera_id
      AND (secret IS DISTINCT FROM NEW.secret OR auth_state <> NEW.auth_state);
  ELSIF TG_OP = 'UPDATE' AND NEW.auth_state = 'rejected'
      AND NEW.secret IS NOT DISTINCT FROM OLD.secret THEN
    UPDATE devices SET auth_state = NEW.auth_state
    WHERE address = NEW.address AND camera_id <> NEW.camera_id
      AND secret IS NOT DISTINCT FROM NEW.secret AND auth_state <> NEW.auth_state;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER share_login AFTER INSERT OR UPDATE OF secret, auth_state ON devices
  FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION device_share_login();

CREATE TABLE enrolments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL CHECK (source IN ('file', 'discovery')),
  name text NOT NULL CHECK (name <> ''),
  division_code bigint NOT NULL,
  wish jsonb NOT NULL DEFAULT '{}',
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'running', 'ready', 'cancelled', 'failed')),
  step text,
  progress real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
  fault text,
  created_by bigint REFERENCES users ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE INDEX enrolments_division_idx ON enrolments (division_code, created_at DESC);

CREATE TABLE enrolment_rows (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enrolment_id bigint NOT NULL REFERENCES enrolments ON DELETE CASCADE,
  row_no integer NOT NULL CHECK (row_no > 0),
  address text NOT NULL CHECK (address !~ '@'),
  channel smallint NOT NULL DEFAULT 1 CHECK (channel BETWEEN 1 AND 1024),
  secret bytea,
  code text,
  name text,
  geom geometry(Point, 4326),
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('faulty', 'waiting', 'answered', 'failed', 'enrolled', 'left')),
  reason text,
  explanation text,
  identities text[] NOT NULL DEFAULT '{}',
  found jsonb NOT NULL DEFAULT '{}',
  profiles jsonb NOT NULL DEFAULT '[]',
  source_token text,
  quirks text[] NOT NULL DEFAULT '{}',
  camera_id bigint REFERENCES cameras ON DELETE SET NULL,
  match text CHECK (match IN ('identity', 'code', 'name', 'position', 'chosen')),
  match_m double precision,
  probed_at timestamptz,
  CONSTRAINT enrolment_rows_row_key UNIQUE (enrolment_id, row_no, channel)
);
CREATE INDEX enrolment_rows_camera_idx ON enrolment_rows (camera_id) WHERE camera_id IS NOT NULL;

-- 统一口令: the login of a group of devices, kept under a name and never shown.
CREATE TABLE device_logins (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  division_code bigint NOT NULL,
  secret bytea NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT device_logins_name_key UNIQUE (division_code, name)
);

-- The login a device last refused, sealed like any other: it is not sent there a second time.
CREATE TABLE refused_logins (
  address text PRIMARY KEY,
  secret bytea NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE, DELETE ON enrolments, enrolment_rows, device_logins TO gridlink_app;
ALTER TABLE enrolments ENABLE ROW LEVEL SECURITY;
ALTER TABLE enrolment_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_logins ENABLE ROW LEVEL SECURITY;
ALTER TABLE refused_logins ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON enrolments TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY through_enrolment ON enrolment_rows TO gridlink_app
  USING (EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));
CREATE POLICY jurisdiction ON device_logins TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
"""

DOWNGRADE = """
DROP TABLE refused_logins, device_logins, enrolment_rows, enrolments;
DROP TRIGGER share_login ON devices;
DROP FUNCTION device_share_login();
DROP INDEX cameras_name_whole_idx;
ALTER TABLE devices DROP COLUMN channel, DROP COLUMN source_token, DROP COLUMN identities,
  DROP COLUMN quirks;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
