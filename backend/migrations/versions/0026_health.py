"""health: what samples of pictures showed of each camera, its references, and every turn"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

UPGRADE = """
-- One row a device: when it is to be looked at next, and what the last looks showed.
CREATE TABLE camera_health (
  camera_id bigint PRIMARY KEY REFERENCES cameras ON DELETE CASCADE,
  due_at timestamptz NOT NULL,
  claimed_at timestamptz,
  sampled_at timestamptz,
  state text NOT NULL DEFAULT 'unknown' CHECK (state IN
    ('unknown', 'in_order', 'moved', 'covered', 'black', 'frozen', 'blurred')),
  since timestamptz NOT NULL DEFAULT now(),
  suspected text CHECK (suspected IN ('moved', 'covered', 'black', 'frozen', 'blurred')),
  suspicions smallint NOT NULL DEFAULT 0 CHECK (suspicions >= 0),
  verdicts jsonb NOT NULL DEFAULT '{}',
  print bytea,
  still_since timestamptz,
  still_looks smallint NOT NULL DEFAULT 0 CHECK (still_looks >= 0),
  withdrawn text CHECK (withdrawn IN ('blind', 'moved')),
  unread smallint NOT NULL DEFAULT 0 CHECK (unread >= 0),
  clock_due_at timestamptz NOT NULL DEFAULT now(),
  clock_offset_s double precision,
  clock_at timestamptz,
  firmware text
);
CREATE INDEX camera_health_due_idx ON camera_health (due_at);
CREATE INDEX camera_health_state_idx ON camera_health (state) WHERE state <> 'in_order';

-- What a view is compared with: places of corners and their descriptions, never a picture.
CREATE TABLE camera_references (
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  light text NOT NULL CHECK (light IN ('day', 'night')),
  features bytea NOT NULL CHECK (length(features) <= 262144),
  looks smallint NOT NULL DEFAULT 1 CHECK (looks > 0),
  made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (camera_id, light)
);

CREATE TABLE camera_turns (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  what text NOT NULL CHECK (what IN ('view', 'clock', 'firmware', 'confirmed', 'reference')),
  before text,
  after text,
  evidence jsonb NOT NULL DEFAULT '{}',
  user_id bigint REFERENCES users
);
CREATE INDEX camera_turns_camera_idx ON camera_turns (camera_id, at DESC);
CREATE INDEX camera_turns_at_idx ON camera_turns (at);

GRANT SELECT, INSERT, UPDATE ON camera_health TO gridlink_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON camera_references TO gridlink_app;
GRANT SELECT, INSERT ON camera_turns TO gridlink_app;
ALTER TABLE camera_health ENABLE ROW LEVEL SECURITY;
ALTER TABLE camera_references ENABLE ROW LEVEL SECURITY;
ALTER TABLE camera_turns ENABLE ROW LEVEL SECURITY;
CREATE POLICY through_camera ON camera_health TO gridlink_app
  USING (EXISTS (SELECT FROM cameras c WHERE c.id = camera_id));
CREATE POLICY through_camera ON camera_references TO gridlink_app
  USING (EXISTS (SELECT FROM cameras c WHERE c.id = camera_id));
CREATE POLICY through_camera ON camera_turns TO gridlink_app
  USING (EXISTS (SELECT FROM cameras c WHERE c.id = camera_id));
"""

DOWNGRADE = """
DROP TABLE camera_turns, camera_references, camera_health;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
