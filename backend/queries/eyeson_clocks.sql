-- Which clocks does a division have, and how long has each subject not been seen? The page is cut first
-- and named then. Index: eyeson_clocks_division_idx.
WITH listed AS (
  SELECT c.*, s.name, s.code, s.kind, s.spot,
         greatest(c.camera_at, c.unit_at) AS seen_at,
         greatest(c.camera_at, c.unit_at) IS NULL AS is_at_least,
         extract(epoch FROM now() - greatest(c.camera_at, c.unit_at, c.watched_since))::float8
           AS unseen_s,
         greatest(c.camera_at, c.unit_at, c.watched_since) + make_interval(secs => c.deadline_s)
           AS due_at
  FROM eyeson_clocks c
  JOIN LATERAL (
    SELECT g.name, g.code, g.kind, g.geom AS spot FROM grids g
    WHERE c.subject_kind = 'grid' AND g.id = c.subject_id
    UNION ALL
    SELECT p.name, p.code, p.kind, p.geom FROM places p
    WHERE c.subject_kind = 'place' AND p.id = c.subject_id
  ) s ON true
  WHERE c.subject_kind = ANY(:kinds) AND c.division_code BETWEEN :low AND :high
    AND (CAST(:view AS text) IS NULL OR c.view = :view)
    AND (CAST(:subject_id AS bigint) IS NULL OR c.subject_id = :subject_id)
    AND (CAST(:colour AS text) IS NULL OR c.colour = :colour)
  ORDER BY {order}, subject_kind, subject_id
  OFFSET :offset LIMIT :limit
)
SELECT l.subject_kind, l.subject_id, l.code, l.name, l.kind, l.division_code,
       d.name AS division_name, ST_X(ST_PointOnSurface(l.spot)) AS lon,
       ST_Y(ST_PointOnSurface(l.spot)) AS lat, l.view, l.camera_at, l.camera_id,
       k.name AS camera_name, l.unit_at, l.unit_id, u.name AS unit_name, l.seen_at,
       CASE WHEN l.seen_at IS NULL THEN NULL WHEN l.seen_at = l.camera_at THEN 'camera'
            ELSE 'unit' END AS seen_by,
       l.watched_since, greatest(l.unseen_s, 0) AS unseen_s, l.is_at_least, l.deadline_s, l.due_at,
       l.colour, l.updated_at
FROM listed l
LEFT JOIN divisions d ON d.code = l.division_code AND d.valid_to IS NULL
LEFT JOIN cameras k ON k.id = l.camera_id
LEFT JOIN units u ON u.id = l.unit_id
ORDER BY {order}, subject_kind, subject_id
