"""jobs: the queue's own schema, in the same database so that jobs commit with facts"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON procrastinate_jobs, procrastinate_events TO gridlink_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO gridlink_app;
"""

DROP = """
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
  procrastinate_workers CASCADE;
DO $$ DECLARE made text; BEGIN
  FOR made IN SELECT oid::regprocedure FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'procrastinate_') LOOP
    EXECUTE 'DROP FUNCTION ' || made || ' CASCADE';
  END LOOP;
  FOR made IN SELECT oid::regtype FROM pg_type WHERE typnamespace = 'public'::regnamespace
    AND starts_with(typname, 'procrastinate_') AND typtype IN ('c', 'e') LOOP
    EXECUTE 'DROP TYPE IF EXISTS ' || made || ' CASCADE';
  END LOOP;
END $$;
"""


def upgrade() -> None:
    # The schema's text holds % and : of its own; the driver takes it as it is.
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute(GRANTS)


def downgrade() -> None:
    op.execute(DROP)
