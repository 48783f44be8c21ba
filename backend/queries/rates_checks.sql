-- For how many seconds of a period is it known of each camera whether it sent frames, and for how
-- many did it? A run of checks holds until the next run, at most :hold_s after its last check.
-- Index: cameras_division_idx, then camera_checks_pkey.
WITH spans AS (
  SELECT k.camera_id, k.has_frames, greatest(k.at, :since) AS from_at,
         least(coalesce(k.last_at, k.at) + make_interval(secs => :hold_s),
               lead(k.at) OVER (PARTITION BY k.camera_id ORDER BY k.at), :until) AS to_at
  FROM cameras c JOIN camera_checks k ON k.camera_id = c.id
  WHERE c.division_code BETWEEN :low AND :high AND k.at < :until
    AND coalesce(k.last_at, k.at) > CAST(:since AS timestamptz) - make_interval(secs => :hold_s)
)
SELECT camera_id, sum(extract(epoch FROM to_at - from_at)) AS known_s,
       coalesce(sum(extract(epoch FROM to_at - from_at)) FILTER (WHERE has_frames), 0) AS frames_s
FROM spans WHERE to_at > from_at
GROUP BY camera_id
