"""reports: asked for, written by a job, kept with their file"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE reports (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('xlsx', 'pdf', 'html')),
  language text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en')),
  division_code bigint NOT NULL,
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
  progress double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
  step text NOT NULL DEFAULT '',
  fault text,
  file_name text,
  size_bytes bigint,
  content bytea,
  created_by bigint NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CHECK ((state = 'done') = (content IS NOT NULL))
);
CREATE INDEX reports_division_idx ON reports (division_code, id DESC);
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
-- Whoever may see a report may see all of it, so it is shown only where all of it lies inside the
-- jurisdiction; `division_code` is that of the division reported on.
CREATE POLICY jurisdiction ON reports TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
GRANT SELECT, INSERT, UPDATE ON reports TO gridlink_app;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute("DROP TABLE reports")
