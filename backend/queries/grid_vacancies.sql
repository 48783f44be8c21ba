-- Which grids in force on a day lack a worker or a chief, since when, and until when?
-- Index: grids_division_idx for the grids, grid_staff_grid_idx for the duty of each.
WITH grid AS (
  SELECT id, set_name, code, name, division_code, geom FROM grids
  WHERE division_code BETWEEN :low AND :high AND set_name = :set_name
    AND valid_from <= :at AND (valid_to IS NULL OR valid_to > :at)
), lacking AS (
  SELECT grid.*, role.role
  FROM grid CROSS JOIN (VALUES ('chief'), ('worker')) role (role)
  WHERE (CAST(:role AS text) IS NULL OR role.role = :role) AND NOT EXISTS (
    SELECT FROM grid_staff s LEFT JOIN users u ON u.id = s.user_id
    WHERE s.set_name = grid.set_name AND s.grid_code = grid.code AND s.role = role.role
      AND s.starts_on <= :at AND (s.ends_on IS NULL OR s.ends_on > :at)
      -- An account that can sign in no more serves nobody; one outside the scope is not seen.
      AND (u.id IS NULL OR ((u.is_active OR :at < :today)
        AND (u.ends_at IS NULL OR u.ends_at > :as_of)))
  )
)
SELECT l.id AS grid_id, l.code, l.name, l.division_code, d.name AS division_name, l.role,
       (SELECT max(s.ends_on) FROM grid_staff s WHERE s.set_name = l.set_name
          AND s.grid_code = l.code AND s.role = l.role AND s.ends_on <= :at) AS since,
       (SELECT min(s.starts_on) FROM grid_staff s WHERE s.set_name = l.set_name
          AND s.grid_code = l.code AND s.role = l.role AND s.starts_on > :at) AS filled_on,
       EXISTS (SELECT FROM grid_staff s WHERE s.set_name = l.set_name AND s.grid_code = l.code
          AND s.role = l.role AND s.starts_on <= :at
          AND (s.ends_on IS NULL OR s.ends_on > :at)) AS account_ended,
       ST_X(ST_PointOnSurface(l.geom)) AS lon, ST_Y(ST_PointOnSurface(l.geom)) AS lat,
       count(*) OVER () AS found
FROM lacking l
LEFT JOIN divisions d ON d.code = l.division_code AND d.valid_to IS NULL
ORDER BY l.code, l.role
LIMIT :limit OFFSET :offset
