-- Where within one grid is the work, and along which roads could it be parted?
-- Index: grids by id, then the GiST index of each layer by the grid's box.
WITH grid AS MATERIALIZED (
  SELECT geom FROM grids WHERE id = :grid_id AND division_code BETWEEN :low AND :high
)
SELECT 'buildings' AS kind, ST_AsBinary(ST_Centroid(b.geom)) AS geom, NULL AS name FROM grid g
JOIN buildings b ON b.geom && g.geom AND ST_Covers(g.geom, ST_Centroid(b.geom))
UNION ALL
SELECT 'places', ST_AsBinary(p.geom), NULL FROM grid g
JOIN places p ON p.geom && g.geom AND ST_Covers(g.geom, p.geom)
WHERE p.division_code BETWEEN :low AND :high
UNION ALL
SELECT 'incidents', ST_AsBinary(i.geom), NULL FROM grid g
JOIN incidents i ON i.geom && g.geom AND ST_Covers(g.geom, i.geom)
WHERE i.division_code BETWEEN :low AND :high AND i.reported_at >= :since AND i.state <> 'rejected'
UNION ALL
SELECT 'roads', ST_AsBinary(r.geom), r.name FROM grid g
JOIN roads r ON r.geom && g.geom AND ST_Intersects(r.geom, g.geom)
