-- For each hour of a day: how much of it was the key place in view, how often was it reached, and how
-- long were units there? Index: eyeson_hours_pkey, eyeson_reaches_place_idx.
WITH own AS MATERIALIZED (
  SELECT unit_id, reached_at, left_at FROM eyeson_reaches
  WHERE place_id = :id AND division_code BETWEEN :low AND :high
    AND reached_at < :end AND left_at >= :start
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
  SELECT count(*) FILTER (WHERE reached_at >= h.hour) AS visits, count(DISTINCT unit_id) AS units,
         sum(greatest(extract(epoch FROM least(left_at, h.hour + interval '1 hour')
                                         - greatest(reached_at, h.hour)), 0)) AS dwell_s
  FROM own WHERE reached_at < h.hour + interval '1 hour' AND left_at >= h.hour
) v ON true
ORDER BY h.hour
