"""exports: files asked for, written at once or by a job, kept for a while"""

from alembic import op

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE exports (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind <> ''),
  format text NOT NULL CHECK (format IN ('shp', 'gpkg', 'geojson', 'csv', 'xlsx')),
  datum text NOT NULL CHECK (datum <> ''),
  encoding text NOT NULL,
  options jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),
  purpose text NOT NULL CHECK (purpose <> ''),
  language text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en')),
  division_code bigint NOT NULL,
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
  progress double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
  fault text,
  file_name text,
  size_bytes bigint,
  row_count bigint,
  notes jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(notes) = 'array'),
  created_by bigint NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  removed_at timestamptz,
  CONSTRAINT exports_done_check CHECK (state <> 'done' OR num_nulls(file_name, size_bytes) = 0)
);
CREATE INDEX exports_division_idx ON exports (division_code, id DESC);
ALTER TABLE exports ENABLE ROW LEVEL SECURITY;
-- A file is shown only where all of it lies inside the jurisdiction.
CREATE POLICY jurisdiction ON exports TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
GRANT SELECT, INSERT, UPDATE ON exports TO gridlink_app;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute("DROP TABLE exports")
