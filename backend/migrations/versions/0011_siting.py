"""siting: questions of where cameras should stand next, and the proposals that answer them"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE sitings (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  division_code bigint NOT NULL,
  wish jsonb NOT NULL,
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
  progress real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
  step text,
  value double precision,
  bound double precision,
  gap double precision CHECK (gap BETWEEN 0 AND 1),
  result jsonb,
  fault text,
  created_by bigint REFERENCES users ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  -- An answer without its bound would be an opinion.
  CHECK (state <> 'done' OR (value IS NOT NULL AND bound >= value AND gap IS NOT NULL)),
  CHECK ((finished_at IS NOT NULL) = (state IN ('done', 'failed', 'cancelled')))
);
CREATE INDEX sitings_division_idx ON sitings (division_code, created_at DESC);

CREATE TABLE proposals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  siting_id bigint NOT NULL REFERENCES sitings ON DELETE CASCADE,
  rank integer NOT NULL CHECK (rank > 0),
  division_code bigint NOT NULL,
  geom geometry(Point, 4326) NOT NULL,
  source text NOT NULL,
  height_m double precision NOT NULL,
  azimuth_deg double precision NOT NULL CHECK (azimuth_deg >= 0 AND azimuth_deg < 360),
  fov_deg double precision NOT NULL CHECK (fov_deg > 0 AND fov_deg <= 360),
  range_m double precision NOT NULL CHECK (range_m > 0),
  width_px integer NOT NULL,
  gain double precision NOT NULL,
  gain_m2 double precision NOT NULL,
  overlap_share double precision NOT NULL CHECK (overlap_share BETWEEN 0 AND 1),
  cost double precision NOT NULL,
  reasons jsonb NOT NULL DEFAULT '{}',
  view geometry(MultiPolygon, 4326) CHECK (ST_IsValid(view)),
  UNIQUE (siting_id, rank)
);
CREATE INDEX proposals_geom_idx ON proposals USING gist (geom);
GRANT SELECT, INSERT, UPDATE, DELETE ON sitings TO gridlink_app;
GRANT SELECT ON proposals TO gridlink_app;
ALTER TABLE sitings ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposals ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON sitings TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
-- Whoever may see the question may see the whole answer: near a border it may name a spot of
-- which the neighbour's code is on the ground.
CREATE POLICY through_siting ON proposals TO gridlink_app
  USING (EXISTS (SELECT FROM sitings s WHERE s.id = siting_id));
"""

DOWNGRADE = "DROP TABLE proposals, sitings;"


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
