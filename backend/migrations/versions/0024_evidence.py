"""evidence: clips, snapshots and publications with their sealed manifests, parts, marks and keys"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE evidence_keys (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
  public_key bytea NOT NULL CHECK (length(public_key) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz
);
CREATE UNIQUE INDEX evidence_keys_current_key ON evidence_keys ((true)) WHERE retired_at IS NULL;

CREATE TABLE evidence (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('clip', 'snapshot', 'publication')),
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'recording', 'kept', 'failed', 'deleted')),
  incident_id bigint NOT NULL REFERENCES incidents,
  camera_id bigint NOT NULL,  -- no reference: evidence outlives the camera
  camera_name text NOT NULL,
  division_code bigint NOT NULL DEFAULT 0,
  original_id bigint REFERENCES evidence,
  purpose text NOT NULL REFERENCES purposes,
  made_by bigint NOT NULL REFERENCES users,
  made_by_name text NOT NULL,
  before_s double precision NOT NULL DEFAULT 0 CHECK (before_s BETWEEN 0 AND 60),
  masks jsonb NOT NULL DEFAULT '[]',
  asked_at timestamptz NOT NULL DEFAULT now(),
  stop_at timestamptz,
  stopped_by_name text,
  first_at timestamptz,
  last_at timestamptz,
  duration_s double precision,
  size_bytes bigint NOT NULL DEFAULT 0 CHECK (size_bytes >= 0),
  gaps jsonb NOT NULL DEFAULT '[]',
  end_reason text,
  manifest text,
  manifest_sha256 bytea CHECK (length(manifest_sha256) = 32),
  signature bytea CHECK (length(signature) = 64),
  key_id text REFERENCES evidence_keys,
  register_seq bigint,
  sealed_at timestamptz,
  held_at timestamptz,
  held_by_name text,
  hold_reason text,
  deleted_at timestamptz,
  delete_reason text,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT evidence_sealed_check CHECK (
    (state IN ('kept', 'deleted')) = (manifest IS NOT NULL)
    AND num_nulls(manifest, manifest_sha256, signature, key_id, register_seq, sealed_at) IN (0, 6)),
  CONSTRAINT evidence_deleted_check CHECK ((state = 'deleted') = (deleted_at IS NOT NULL)),
  CONSTRAINT evidence_held_check CHECK (state <> 'deleted' OR held_at IS NULL),
  CONSTRAINT evidence_original_check CHECK ((kind = 'publication') = (original_id IS NOT NULL))
);
CREATE INDEX evidence_incident_idx ON evidence (incident_id, id);
CREATE INDEX evidence_open_idx ON evidence (camera_id) WHERE state IN ('waiting', 'recording');
CREATE INDEX evidence_kept_idx ON evidence (sealed_at) WHERE state = 'kept';
CREATE INDEX evidence_original_idx ON evidence (original_id) WHERE original_id IS NOT NULL;

CREATE TABLE evidence_parts (
  evidence_id bigint NOT NULL REFERENCES evidence,
  no smallint NOT NULL,
  file text NOT NULL CHECK (file ~ '^[a-z0-9.-]+$'),
  media_type text NOT NULL CHECK (media_type IN ('video/mp4', 'image/jpeg')),
  sha256 bytea NOT NULL CHECK (length(sha256) = 32),
  size_bytes bigint NOT NULL CHECK (size_bytes > 0),
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  codec text,
  width_px integer,
  height_px integer,
  frames integer,
  PRIMARY KEY (evidence_id, no)
);
CREATE INDEX evidence_parts_sha256_idx ON evidence_parts (sha256);

CREATE TABLE evidence_marks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id bigint NOT NULL REFERENCES incidents,
  camera_id bigint,
  camera_name text,
  division_code bigint NOT NULL DEFAULT 0,
  at timestamptz NOT NULL,
  text text NOT NULL CHECK (text <> ''),
  made_by bigint NOT NULL REFERENCES users,
  made_by_name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX evidence_marks_incident_idx ON evidence_marks (incident_id, at);

-- What was sealed stays as it was; a row never goes, only the files of one that nobody holds.
CREATE FUNCTION evidence_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'evidence stays on record' USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.state = 'deleted' OR (OLD.manifest IS NOT NULL AND (
    NEW.kind, NEW.incident_id, NEW.camera_id, NEW.division_code, NEW.made_by, NEW.first_at,
    NEW.last_at, NEW.size_bytes, NEW.end_reason, NEW.manifest, NEW.manifest_sha256, NEW.signature,
    NEW.key_id, NEW.register_seq, NEW.sealed_at
  ) IS DISTINCT FROM (
    OLD.kind, OLD.incident_id, OLD.camera_id, OLD.division_code, OLD.made_by, OLD.first_at,
    OLD.last_at, OLD.size_bytes, OLD.end_reason, OLD.manifest, OLD.manifest_sha256, OLD.signature,
    OLD.key_id, OLD.register_seq, OLD.sealed_at
  )) THEN
    RAISE EXCEPTION 'sealed evidence does not change' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON evidence
  FOR EACH ROW EXECUTE FUNCTION evidence_keep();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON evidence_parts
  FOR EACH ROW EXECUTE FUNCTION gridlink_refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON evidence_marks
  FOR EACH ROW EXECUTE FUNCTION gridlink_refuse_change();

-- The disk is one for all jurisdictions: how full it is may be told to each.
CREATE FUNCTION evidence_used(OUT used_bytes bigint, OUT held_bytes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT coalesce(sum(size_bytes), 0)::bigint,
    coalesce(sum(size_bytes) FILTER (WHERE held_at IS NOT NULL), 0)::bigint
  FROM evidence WHERE state IN ('recording', 'kept')
$$;

GRANT SELECT, INSERT, UPDATE ON evidence, evidence_keys TO gridlink_app;
GRANT SELECT, INSERT ON evidence_parts, evidence_marks TO gridlink_app;

ALTER TABLE evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_parts ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_marks ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON evidence TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY through_evidence ON evidence_parts TO gridlink_app
  USING (EXISTS (SELECT FROM evidence e WHERE e.id = evidence_id));
CREATE POLICY jurisdiction ON evidence_marks TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
"""

DOWNGRADE = """
DROP TABLE evidence_marks, evidence_parts, evidence, evidence_keys;
DROP FUNCTION evidence_keep(), evidence_used();
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
