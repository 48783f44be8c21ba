-- The fix of a unit that proves best that it was at a task's target in a span: least distance
-- with accuracy. Index: primary key of fixes in the partitions of the span (some hundred rows).
WITH target AS MATERIALIZED (
  SELECT task_target(:task)::geography AS place
), heard AS (
  SELECT ST_Distance(place, ST_SetSRID(ST_Point(lon_e7 / 1e7, lat_e7 / 1e7), 4326)::geography)
      AS distance_m,
    CASE WHEN accuracy_dm < 0 THEN :unknown_m ELSE accuracy_dm / 10.0 END AS accuracy_m, at
  FROM fixes, target
  WHERE unit_id = :unit AND at BETWEEN :since AND :until
)
SELECT distance_m, accuracy_m, at FROM heard WHERE distance_m IS NOT NULL
ORDER BY distance_m + accuracy_m, at LIMIT 1
