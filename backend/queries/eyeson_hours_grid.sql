-- For each hour of a day: how much of it was the grid in view, how many visits began in it, and how long
-- were units there? Visits known for sure alone. Index: eyeson_hours_pkey, visits_grid_idx.
WITH own AS MATERIALIZED (
  SELECT unit_id, entered_at, left_at, is_continued FROM visits
  WHERE grid_id = :id AND is_sure AND division_code BETWEEN :low AND :high
    AND entered_at < :end AND entered_at >= CAST(:start AS timestamptz) - interval '1 day'
    AND left_at >= :start
)
SELECT h.hour,
       k.seen_s / extract(epoch FROM k.known_until - h.hour) AS camera_share,
       k.unknown_s / extract(epoch FROM k.known_until - h.hour) AS unknown_share,
       coalesce(v.visits, 0) AS visits, coalesce(v.units, 0) AS units,
       coalesce(v.dwell_s, 0) AS dwell_s
FROM generate_series(CAST(:start AS timestamptz), CAST(:end AS timestamptz) - interval '1 microsecond',
                     interval '1 hour') h(hour)
LEFT JOIN eyeson_hours k ON k.subject_kind = :kind AND k.subject_id = :id AND k.hour = h.hour
  AND k.known_until > h.hour
LEFT JOIN LATERAL (
  SELECT count(*) FILTER (WHERE entered_at >= h.hour AND NOT is_continued) AS visits,
         count(DISTINCT unit_id) AS units,
         sum(greatest(extract(epoch FROM least(left_at, h.hour + interval '1 hour')
                                         - greatest(entered_at, h.hour)), 0)) AS dwell_s
  FROM own WHERE entered_at < h.hour + interval '1 hour' AND left_at >= h.hour
) v ON true
ORDER BY h.hour
