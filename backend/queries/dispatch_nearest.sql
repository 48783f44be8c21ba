-- Units round a point in order of distance, with what speaks for and against each.
-- Index: unit_positions_geom_idx by the box; the division narrows what it finds. Duty and units
-- are asked of the nearest alone: joined first, ten thousand rows would pass two policies.
WITH near AS MATERIALIZED (
  SELECT p.unit_id, p.lon_e7, p.lat_e7, p.at, p.accuracy_m, p.speed_mps, p.geom
  FROM unit_positions p
  WHERE p.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    AND p.division_code BETWEEN :low AND :high
  ORDER BY p.geom <-> ST_SetSRID(ST_Point(:lon, :lat), 4326)
  LIMIT 2000
)
SELECT u.id, u.code, u.name, u.kind, u.vehicle, u.skills, u.strength, u.is_team, u.version,
  p.lon_e7 / 1e7::float8 AS lon, p.lat_e7 / 1e7::float8 AS lat, p.at, p.accuracy_m, p.speed_mps,
  ST_Distance(p.geom::geography, ST_SetSRID(ST_Point(:lon, :lat), 4326)::geography) AS straight_m,
  unit_load(u.id) AS load,
  p.at < CAST(:fresh AS timestamptz) AS is_silent,
  (SELECT array_agg(wanted ORDER BY wanted) FROM unnest(CAST(:skills AS text[])) AS wanted
    WHERE wanted <> ALL (u.skills)) AS lacking
FROM near p JOIN units u ON u.id = p.unit_id
WHERE u.is_active AND (CAST(:kind AS text) IS NULL OR u.kind = :kind)
  AND EXISTS (SELECT FROM shifts s WHERE s.unit_id = u.id AND s.starts_at <= :now
    AND (s.ends_at IS NULL OR s.ends_at > :now))
ORDER BY p.geom <-> ST_SetSRID(ST_Point(:lon, :lat), 4326)
LIMIT :most
