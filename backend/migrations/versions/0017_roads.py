"""roads: the network that travel times are found on; pgRouting where the server has it"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# The network is the common map, like the roads it is made from: no division, no policy.
UPGRADE = """
CREATE TABLE road_nodes (
  id bigint PRIMARY KEY,
  geom geometry(Point, 4326) NOT NULL
);
CREATE INDEX road_nodes_geom_idx ON road_nodes USING gist (geom);

-- `part` numbers what hangs together, `part_m` is how long all of that is.
CREATE TABLE road_edges (
  id bigint PRIMARY KEY,
  source bigint NOT NULL,
  target bigint NOT NULL,
  road_id bigint NOT NULL,
  road_class text NOT NULL,
  length_m double precision NOT NULL CHECK (length_m > 0),
  part integer NOT NULL,
  part_m double precision NOT NULL CHECK (part_m > 0),
  geom geometry(LineString, 4326) NOT NULL
);
CREATE INDEX road_edges_geom_idx ON road_edges USING gist (geom);

-- Of which state of the roads the network was built, and what became of it; one row.
CREATE TABLE road_networks (
  id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  roads_version text NOT NULL,
  edges integer NOT NULL,
  parts integer NOT NULL,
  length_m double precision NOT NULL,
  main_m double precision NOT NULL,
  built_at timestamptz NOT NULL DEFAULT now()
);

-- How fast one gets along, by how one goes and on what; beside the road it is on foot.
CREATE TABLE road_speeds (
  vehicle text NOT NULL CHECK (vehicle IN ('foot', 'ebike', 'motorcycle', 'car')),
  road_class text NOT NULL CHECK (road_class IN
    ('national', 'provincial', 'county', 'town', 'street', 'lane', 'other')),
  speed_mps double precision NOT NULL CHECK (speed_mps > 0 AND speed_mps <= 60),
  PRIMARY KEY (vehicle, road_class)
);
INSERT INTO road_speeds (vehicle, road_class, speed_mps) VALUES
  ('foot', 'national', 1.3), ('foot', 'provincial', 1.3), ('foot', 'county', 1.3),
  ('foot', 'town', 1.3), ('foot', 'street', 1.3), ('foot', 'lane', 1.3), ('foot', 'other', 1.3),
  ('ebike', 'national', 5.5), ('ebike', 'provincial', 5.5), ('ebike', 'county', 5.5),
  ('ebike', 'town', 5.5), ('ebike', 'street', 5), ('ebike', 'lane', 3.5), ('ebike', 'other', 3.5),
  ('motorcycle', 'national', 14), ('motorcycle', 'provincial', 14), ('motorcycle', 'county', 12),
  ('motorcycle', 'town', 10), ('motorcycle', 'street', 8), ('motorcycle', 'lane', 5),
  ('motorcycle', 'other', 5),
  ('car', 'national', 18), ('car', 'provincial', 16), ('car', 'county', 13), ('car', 'town', 10),
  ('car', 'street', 8), ('car', 'lane', 4), ('car', 'other', 5);

GRANT SELECT ON road_nodes, road_edges, road_networks, road_speeds TO gridlink_app;

-- Only a superuser may add pgRouting. Without it travel is told by the straight line, and so named.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pgrouting') THEN
    CREATE EXTENSION IF NOT EXISTS pgrouting;
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'pgRouting is not added: a superuser has to';
END $$;
"""

DOWNGRADE = """
DROP EXTENSION IF EXISTS pgrouting;
DROP TABLE road_speeds, road_networks, road_edges, road_nodes;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
