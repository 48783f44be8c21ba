-- Which cameras stand in a grid, those whose pictures come first; by the GiST index of cameras.
SELECT c.id FROM grids g
JOIN cameras c ON c.geom && g.geom AND ST_Covers(g.geom, c.geom)
  AND c.division_code BETWEEN :low AND :high
WHERE g.id = :grid_id AND g.division_code BETWEEN :low AND :high
ORDER BY (c.is_alive IS FALSE), c.name, c.id LIMIT :most
