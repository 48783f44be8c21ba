"""replay: tickets for recordings, bound to a camera's range of time"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

UPGRADE = """
ALTER TABLE streams DROP CONSTRAINT streams_kind_check;
ALTER TABLE streams
  ADD COLUMN replay_from timestamptz,
  ADD COLUMN replay_to timestamptz,
  ADD COLUMN speed double precision CHECK (speed BETWEEN 0.5 AND 8),
  ADD CONSTRAINT streams_kind_check CHECK (kind IN ('live', 'snapshot', 'replay')),
  ADD CONSTRAINT streams_replay_check CHECK (
    num_nulls(replay_from, replay_to, speed) = CASE kind WHEN 'replay' THEN 0 ELSE 3 END
    AND replay_from < replay_to);
"""

DOWNGRADE = """
DELETE FROM streams WHERE kind = 'replay';
ALTER TABLE streams
  DROP CONSTRAINT streams_replay_check, DROP CONSTRAINT streams_kind_check,
  DROP COLUMN replay_from, DROP COLUMN replay_to, DROP COLUMN speed,
  ADD CONSTRAINT streams_kind_check CHECK (kind IN ('live', 'snapshot'));
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
