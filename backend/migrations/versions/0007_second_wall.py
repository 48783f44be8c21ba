"""second wall: rights that change end what was open, the register's head moves with its rows,
and the role of the API can reach no more than its requests need"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UPGRADE = """
-- Whoever changes an account may be unable to see its tokens (they are their owner's alone), so
-- the database itself ends what was open under the old rights.
CREATE FUNCTION gridlink_end_access() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE sessions SET ended_at = now() WHERE user_id = NEW.id AND ended_at IS NULL;
  UPDATE tokens SET ended_at = now() WHERE user_id = NEW.id AND ended_at IS NULL;
  UPDATE streams SET expires_at = now()
    WHERE user_id = NEW.id AND used_at IS NULL AND expires_at > now();
  RETURN NULL;
END $$;
CREATE TRIGGER end_access AFTER UPDATE ON users FOR EACH ROW
  WHEN ((OLD.role, OLD.division_code, OLD.is_active, OLD.password_hash, OLD.ends_at)
    IS DISTINCT FROM (NEW.role, NEW.division_code, NEW.is_active, NEW.password_hash, NEW.ends_at))
  EXECUTE FUNCTION gridlink_end_access();
CREATE INDEX sessions_user_idx ON sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX tokens_user_idx ON tokens (user_id) WHERE ended_at IS NULL;
CREATE INDEX streams_user_idx ON streams (user_id) WHERE used_at IS NULL;

-- A row enters the register only as the next link, and the head moves by nothing else. The role
-- keeps UPDATE on one column that can hold a single value: SELECT ... FOR UPDATE asks for that.
CREATE FUNCTION gridlink_chain_register() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE register_head SET seq = NEW.seq, hash = NEW.hash
    WHERE id = 1 AND seq = NEW.seq - 1 AND hash = NEW.previous_hash;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'entry % does not follow the head of the register', NEW.seq
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER chain AFTER INSERT ON register
  FOR EACH ROW EXECUTE FUNCTION gridlink_chain_register();
REVOKE UPDATE ON register_head FROM gridlink_app;
GRANT UPDATE (id) ON register_head TO gridlink_app;

-- An entry made for somebody names him: nobody enters acts in another's name.
DROP POLICY append ON register;
CREATE POLICY append ON register FOR INSERT TO gridlink_app
  WITH CHECK (actor_id = (SELECT gridlink_user()));

-- Signing in, and redeeming a ticket, are done by the system; a request only ends its own session.
REVOKE ALL ON sessions, login_attempts FROM gridlink_app;
GRANT SELECT (id, user_id, ended_at), UPDATE (ended_at) ON sessions TO gridlink_app;
REVOKE UPDATE ON streams FROM gridlink_app;
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON sessions TO gridlink_app USING (user_id = (SELECT gridlink_user()));

-- An import is seen by those who may see who made it; one from the command line by the whole land.
ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
CREATE POLICY through_user ON imports TO gridlink_app
  USING (EXISTS (SELECT FROM users u WHERE u.id = user_id)
    OR (user_id IS NULL AND (SELECT gridlink_low()) = 0));
"""

DOWNGRADE = """
DROP POLICY through_user ON imports;
ALTER TABLE imports DISABLE ROW LEVEL SECURITY;
DROP POLICY own ON sessions;
ALTER TABLE sessions DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON sessions FROM gridlink_app;
GRANT SELECT, INSERT, UPDATE ON sessions, streams TO gridlink_app;
GRANT SELECT, INSERT, DELETE ON login_attempts TO gridlink_app;
DROP POLICY append ON register;
CREATE POLICY append ON register FOR INSERT TO gridlink_app WITH CHECK (true);
REVOKE UPDATE (id) ON register_head FROM gridlink_app;
GRANT UPDATE ON register_head TO gridlink_app;
DROP TRIGGER chain ON register;
DROP FUNCTION gridlink_chain_register();
DROP INDEX streams_user_idx, tokens_user_idx, sessions_user_idx;
DROP TRIGGER end_access ON users;
DROP FUNCTION gridlink_end_access();
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
