-- What is held of each camera of a division: its condition, since when, on what evidence?
-- Index: cameras_division_idx, then the primary keys of health and devices; the latest check of a
-- dead camera by camera_checks_pkey; places_outline_idx by && for its class (as in rates_cameras).
WITH stood AS (
  SELECT c.id, c.name, c.code, c.address, c.has_ptz, c.is_alive, c.status_reason, c.view_fault,
         c.last_frame_at, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.version,
         d.camera_id IS NOT NULL AS is_enrolled,
         h.state, h.since AS state_since, h.suspected, h.sampled_at, h.due_at, h.verdicts,
         h.withdrawn, h.clock_offset_s, h.clock_at,
         coalesce(h.firmware, d.information ->> 'firmware') AS firmware,
         CASE WHEN c.use_type IN ('3', '重点') OR EXISTS (
           SELECT FROM places p JOIN place_classes k ON k.kind = p.kind AND k.place_class = 'trade'
           WHERE p.is_key AND p.outline && c.geom AND ST_Covers(p.outline, c.geom)
         ) THEN 'trade' ELSE 'public_area' END AS place_class,
         CASE WHEN c.is_alive IS FALSE THEN 'dead'
              -- A fault that a person stated by hand, and no look has found.
              WHEN c.view_fault IS NOT NULL AND h.withdrawn IS NULL
                THEN CASE c.view_fault WHEN 'moved' THEN 'moved' ELSE 'covered' END
              WHEN h.sampled_at IS NULL THEN 'untried'
              ELSE h.state END AS condition
  FROM cameras c
  LEFT JOIN devices d ON d.camera_id = c.id
  LEFT JOIN camera_health h ON h.camera_id = c.id
  WHERE c.division_code BETWEEN :low AND :high
    AND (CAST(:id AS bigint) IS NULL OR c.id = :id)
    AND (CAST(:like AS text) IS NULL OR c.name ILIKE :like OR c.code ILIKE :like
      OR c.initials LIKE lower(:prefix))
), wanted AS (
  SELECT * FROM stood
  WHERE (CAST(:conditions AS text[]) IS NULL OR condition = ANY(:conditions))
    AND (CAST(:place_class AS text) IS NULL OR place_class = :place_class)
    AND (NOT :only_clock OR abs(clock_offset_s) > :clock_limit_s)
)
SELECT w.*, count(*) OVER () AS total,
       CASE WHEN w.condition = 'dead' THEN k.at WHEN w.condition = 'untried' THEN NULL
            ELSE w.state_since END AS since
FROM wanted w
LEFT JOIN LATERAL (
  SELECT at FROM camera_checks k WHERE k.camera_id = w.id AND w.condition = 'dead'
  ORDER BY at DESC LIMIT 1
) k ON true
ORDER BY array_position(ARRAY['moved', 'covered', 'black', 'frozen', 'blurred', 'dead', 'unknown',
  'untried', 'in_order'], w.condition), w.id
OFFSET :offset LIMIT :limit
