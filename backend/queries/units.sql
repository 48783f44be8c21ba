-- Units of a jurisdiction with duty, place and home grids, in order of code.
-- Index: units_division_idx; shifts_end_idx, unit_positions_pkey and unit_grids_pkey per unit.
WITH chosen AS (
  SELECT u.*, count(*) OVER () AS total
  FROM units u
  WHERE u.division_code BETWEEN :low AND :high
    AND (CAST(:id AS bigint) IS NULL OR u.id = :id)
    AND (CAST(:kind AS text) IS NULL OR u.kind = :kind)
    AND (CAST(:is_active AS boolean) IS NULL OR u.is_active = :is_active)
    AND (CAST(:grid AS bigint) IS NULL OR EXISTS (
      SELECT FROM unit_grids ug WHERE ug.unit_id = u.id AND ug.grid_id = :grid))
    AND (CAST(:on_duty AS boolean) IS NULL OR unit_on_duty(u.id, :now) = :on_duty)
    AND (CAST(:like AS text) IS NULL OR u.name ILIKE :like OR u.code ILIKE :like
      OR u.initials LIKE lower(:prefix))
  ORDER BY u.code, u.id
  OFFSET :offset LIMIT :limit
)
SELECT c.id, c.set_name, c.code, c.name, c.kind, c.vehicle, c.is_team, c.strength, c.skills,
  c.division_code, c.is_active, c.version, c.total, a.username AS account,
  duty.on_duty, duty.duty_until,
  p.at, p.lon_e7 / 1e7 AS lon, p.lat_e7 / 1e7 AS lat, p.accuracy_m, p.speed_mps,
  coalesce(home.grids, '[]') AS home_grids, unit_load(c.id) AS load
FROM chosen c
LEFT JOIN users a ON a.id = c.user_id
CROSS JOIN LATERAL (
  SELECT count(*) > 0 AS on_duty,
    CASE WHEN bool_and(s.ends_at IS NOT NULL) THEN max(s.ends_at) END AS duty_until
  FROM shifts s
  WHERE s.unit_id = c.id AND s.starts_at <= :now
    AND coalesce(s.ends_at, timestamptz 'infinity') > :now
) duty
LEFT JOIN unit_positions p ON p.unit_id = c.id AND duty.on_duty
CROSS JOIN LATERAL (
  -- A grid drawn anew keeps its set and code; the version in force is shown.
  SELECT json_agg(json_build_object('id', g.id, 'code', g.code, 'name', g.name) ORDER BY g.code)
    AS grids
  FROM (
    SELECT DISTINCT coalesce(present.id, old.id) AS id, old.code,
      coalesce(present.name, old.name) AS name
    FROM unit_grids ug
    JOIN grids old ON old.id = ug.grid_id
    LEFT JOIN grids present ON present.set_name = old.set_name AND present.code = old.code
      AND present.valid_to IS NULL
    WHERE ug.unit_id = c.id
  ) g
) home
ORDER BY c.code, c.id
