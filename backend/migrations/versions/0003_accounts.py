"""accounts: users, sessions, tokens, and the register that nobody can rewrite"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username text NOT NULL CHECK (username = lower(username) AND username <> ''),
  display_name text NOT NULL,
  password_hash text NOT NULL,
  role text NOT NULL CHECK (role IN ('admin', 'operator', 'dispatcher', 'planner', 'inspector')),
  division_code bigint NOT NULL DEFAULT 0,
  is_active boolean NOT NULL DEFAULT true,
  ends_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT users_username_key UNIQUE (username)
);
CREATE TABLE sessions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  token_hash bytea NOT NULL,
  csrf_token text NOT NULL,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT sessions_token_hash_key UNIQUE (token_hash)
);
CREATE TABLE tokens (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  token_hash bytea NOT NULL,
  name text NOT NULL,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT tokens_token_hash_key UNIQUE (token_hash)
);
CREATE TABLE login_attempts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username text NOT NULL,
  source text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_attempts_username_idx ON login_attempts (username, at);
CREATE INDEX login_attempts_source_idx ON login_attempts (source, at);

CREATE TABLE register (
  seq bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  actor_id bigint,
  actor_name text NOT NULL,
  act text NOT NULL,
  purpose text,
  camera_id bigint,
  camera_name text,
  incident_id bigint,
  division_code bigint NOT NULL DEFAULT 0,
  detail jsonb NOT NULL DEFAULT '{}',
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL
);
CREATE INDEX register_camera_idx ON register (camera_id, seq);
CREATE INDEX register_incident_idx ON register (incident_id, seq);
CREATE TABLE register_head (
  id integer PRIMARY KEY CHECK (id = 1),
  seq bigint NOT NULL,
  hash bytea NOT NULL
);
INSERT INTO register_head VALUES (1, 0, decode(repeat('00', 32), 'hex'));
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON register
  FOR EACH ROW EXECUTE FUNCTION gridlink_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON register
  FOR EACH STATEMENT EXECUTE FUNCTION gridlink_refuse_change();

CREATE TABLE purposes (
  code text PRIMARY KEY,
  name_zh text NOT NULL,
  name_en text NOT NULL,
  needs_incident boolean NOT NULL DEFAULT false,
  position integer NOT NULL
);
INSERT INTO purposes VALUES
  ('incident', '处置事件', 'Handling an incident', true, 1),
  ('patrol', '视频巡查', 'Video patrol', false, 2),
  ('maintenance', '设备维护', 'Maintaining equipment', false, 3),
  ('calibration', '校准摄像机', 'Calibrating a camera', false, 4),
  ('inspection', '监督检查', 'Inspection', false, 5);

GRANT SELECT, INSERT, UPDATE ON users, sessions, tokens TO gridlink_app;
GRANT SELECT, INSERT, DELETE ON login_attempts TO gridlink_app;
GRANT SELECT, INSERT ON register TO gridlink_app;
GRANT SELECT, UPDATE ON register_head TO gridlink_app;
GRANT SELECT ON purposes TO gridlink_app;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE register ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON users TO gridlink_app
  USING (division_code BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY own ON tokens TO gridlink_app USING (user_id = (SELECT gridlink_user()));
CREATE POLICY jurisdiction ON register FOR SELECT TO gridlink_app
  USING (division_code BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY append ON register FOR INSERT TO gridlink_app WITH CHECK (true);
"""

DOWNGRADE = """
DROP TABLE purposes, register_head, register, login_attempts, tokens, sessions, users;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
