-- What is there to look after in each grid of a set that is in force on a day?
-- Index: grids_division_idx, then the GiST index of each layer by the box of each grid.
WITH grid AS MATERIALIZED (
  SELECT id, set_name, code, name, kind, division_code, households, geom FROM grids
  WHERE division_code BETWEEN :low AND :high AND set_name = :set_name
    AND valid_from <= :at AND (valid_to IS NULL OR valid_to > :at)
)
SELECT g.id AS grid_id, g.code, g.name, g.kind, g.division_code, d.name AS division_name,
       g.households, ST_AsBinary(g.geom) AS shape,
       ST_X(spot.at) AS lon, ST_Y(spot.at) AS lat,
       ST_XMin(g.geom) AS west, ST_YMin(g.geom) AS south,
       ST_XMax(g.geom) AS east, ST_YMax(g.geom) AS north,
       b.found AS buildings, p.found AS places, i.found AS incidents, r.length_m AS road_m,
       s.workers, s.chiefs
FROM grid g
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(g.geom) AS at) spot
CROSS JOIN LATERAL (
  SELECT count(*) AS found FROM buildings b
  WHERE b.geom && g.geom AND ST_Covers(g.geom, ST_Centroid(b.geom))
) b
CROSS JOIN LATERAL (
  SELECT count(*) AS found FROM places p
  WHERE p.division_code BETWEEN :low AND :high
    AND p.geom && g.geom AND ST_Covers(g.geom, p.geom)
) p
CROSS JOIN LATERAL (
  SELECT count(*) AS found FROM incidents i
  WHERE i.division_code BETWEEN :low AND :high AND i.geom && g.geom AND ST_Covers(g.geom, i.geom)
    AND i.reported_at >= :since AND i.state <> 'rejected'
) i
CROSS JOIN LATERAL (
  SELECT coalesce(sum(ST_Length(CAST(CASE WHEN ST_CoveredBy(r.geom, g.geom) THEN r.geom
    ELSE ST_Intersection(r.geom, g.geom) END AS geography))), 0) AS length_m
  FROM roads r WHERE r.geom && g.geom AND ST_Intersects(r.geom, g.geom)
) r
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE s.role = 'worker') AS workers,
         count(*) FILTER (WHERE s.role = 'chief') AS chiefs
  FROM grid_staff s LEFT JOIN users u ON u.id = s.user_id
  WHERE s.set_name = g.set_name AND s.grid_code = g.code
    AND s.starts_on <= :at AND (s.ends_on IS NULL OR s.ends_on > :at)
    AND (u.id IS NULL OR ((u.is_active OR :at < :today)
      AND (u.ends_at IS NULL OR u.ends_at > :as_of)))
) s
LEFT JOIN divisions d ON d.code = g.division_code AND d.valid_to IS NULL
ORDER BY g.code
LIMIT :limit
