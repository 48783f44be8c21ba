"""media: the session of an outer gateway that a stream runs in"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

UPGRADE = """
ALTER TABLE streams ADD COLUMN gateway_session text
  CHECK (length(gateway_session) BETWEEN 1 AND 64);
CREATE INDEX streams_in_gateway ON streams (gateway_session)
  WHERE gateway_session IS NOT NULL AND ended_at IS NULL;
"""

DOWNGRADE = """
DROP INDEX streams_in_gateway;
ALTER TABLE streams DROP COLUMN gateway_session;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
