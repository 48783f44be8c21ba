-- How many grids are in force on a day, and how many of them lack a worker, how many a chief?
-- Index: grids_division_idx for the grids, grid_staff_grid_idx for the duty of each.
SELECT count(*) AS grids,
       count(*) FILTER (WHERE NOT 'worker' = ANY (there.roles)) AS workers,
       count(*) FILTER (WHERE NOT 'chief' = ANY (there.roles)) AS chiefs
FROM grids g
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(s.role), '{}') AS roles
  FROM grid_staff s LEFT JOIN users u ON u.id = s.user_id
  WHERE s.set_name = g.set_name AND s.grid_code = g.code
    AND s.starts_on <= :at AND (s.ends_on IS NULL OR s.ends_on > :at)
    AND (u.id IS NULL OR ((u.is_active OR :at < :today)
      AND (u.ends_at IS NULL OR u.ends_at > :as_of)))
) there
WHERE g.division_code BETWEEN :low AND :high AND g.set_name = :set_name
  AND g.valid_from <= :at AND (g.valid_to IS NULL OR g.valid_to > :at)
