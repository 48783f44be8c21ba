-- Visits by hour of grids whose visits or ground changed: entries, time in the grid, last moment.
-- Index: visits_grid_idx.
SELECT h.grid_id, extract(epoch FROM h.hour)::bigint AS hour_s,
       count(v.id) FILTER (WHERE v.entered_at >= h.hour AND NOT v.is_continued) AS visits,
       count(DISTINCT v.unit_id) AS units,
       coalesce(sum(v.dwell_s * extract(epoch FROM
         least(v.left_at, h.hour + interval '1 hour') - greatest(v.entered_at, h.hour))
         / nullif(extract(epoch FROM v.left_at - v.entered_at), 0)), 0)::float8 AS dwell_s,
       max(least(v.left_at, h.hour + interval '1 hour')) AS last_visit_at
FROM unnest(CAST(:grids AS bigint[]), CAST(:hours AS timestamptz[])) AS h (grid_id, hour)
LEFT JOIN visits v ON v.grid_id = h.grid_id AND v.is_sure
  AND v.entered_at < h.hour + interval '1 hour' AND v.left_at >= h.hour
  AND v.entered_at > h.hour - interval '25 hours'
GROUP BY h.grid_id, h.hour
