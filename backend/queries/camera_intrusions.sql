-- Which cameras stand in a forbidden area, or see into one (Order 799 Art. 8), and how much of it?
-- Index: viewsheds_extent_3857_idx and cameras_geom_3857_idx by &&, for each forbidden area.
WITH met AS (
  SELECT v.camera_id, a.id AS area_id, false AS stands,
         coalesce(ST_Area(ST_Intersection(v.certain, a.geom)::geography), 0) AS certain_m2,
         coalesce(ST_Area(ST_Intersection(v.possible, a.geom)::geography), 0) AS possible_m2
  FROM restricted_areas a JOIN viewsheds v ON v.extent_3857 && a.geom_3857
  WHERE a.kind = 'forbidden' AND v.division_code BETWEEN :low AND :high
  UNION ALL
  SELECT c.id, a.id, true, 0, 0
  FROM restricted_areas a JOIN cameras c ON c.geom_3857 && a.geom_3857 AND ST_Covers(a.geom, c.geom)
  WHERE a.kind = 'forbidden' AND c.division_code BETWEEN :low AND :high
), entered AS (
  -- Of several sensors, the one that sees most.
  SELECT camera_id, area_id, bool_or(stands) AS stands,
         max(certain_m2) AS certain_m2, max(possible_m2) AS possible_m2
  FROM met GROUP BY camera_id, area_id
)
SELECT e.camera_id, c.name AS camera_name, e.area_id, a.name AS area_name, e.stands,
       e.certain_m2, e.possible_m2, ST_Area(a.geom::geography) AS area_m2,
       ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
       (SELECT bool_or(is_stale) FROM viewsheds v WHERE v.camera_id = e.camera_id) AS is_stale,
       count(*) OVER () AS total
FROM entered e JOIN cameras c ON c.id = e.camera_id JOIN restricted_areas a ON a.id = e.area_id
WHERE e.stands OR e.certain_m2 + e.possible_m2 >= :least_m2
ORDER BY e.stands DESC, e.certain_m2 DESC, e.possible_m2 DESC, e.camera_id, e.area_id
LIMIT :limit OFFSET :offset
