-- Units at home in the grids round a point that cannot go: off duty, or on duty and never heard.
-- Index: grids_geom_idx by the point, then unit_grids_grid_idx.
SELECT DISTINCT u.id, u.code, u.name, u.kind, u.vehicle, unit_on_duty(u.id, :now) AS on_duty
FROM grids g
JOIN grids home ON home.set_name = g.set_name AND home.code = g.code
JOIN unit_grids ug ON ug.grid_id = home.id
JOIN units u ON u.id = ug.unit_id
WHERE g.valid_to IS NULL AND g.division_code BETWEEN :low AND :high
  AND g.geom && ST_SetSRID(ST_Point(:lon, :lat), 4326)
  AND ST_Covers(g.geom, ST_SetSRID(ST_Point(:lon, :lat), 4326))
  AND u.is_active AND u.division_code BETWEEN :low AND :high
  AND (CAST(:kind AS text) IS NULL OR u.kind = :kind)
  AND (NOT unit_on_duty(u.id, :now)
    OR NOT EXISTS (SELECT FROM unit_positions p WHERE p.unit_id = u.id))
ORDER BY u.code LIMIT 20
