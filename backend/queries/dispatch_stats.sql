-- Assignments by township of the task and by the unit's shift at the offer: how many were offered,
-- accepted, reached, and how many of them in time. Index: assignments_offered_at_idx.
SELECT a.division_code / 1000 * 1000 AS township,
  coalesce(duty.shift, '') AS shift,
  count(*) AS offered,
  count(a.accepted_at) AS accepted,
  count(*) FILTER (WHERE a.accepted_at <= a.accept_by) AS accepted_in_time,
  count(a.arrived_at) AS arrived,
  count(*) FILTER (WHERE a.arrived_at <= a.arrive_by) AS arrived_in_time,
  count(*) FILTER (WHERE a.arrival_proof IN ('position', 'photograph')) AS arrived_proven,
  count(a.done_at) AS done,
  count(a.refused_at) AS refused,
  count(a.timed_out_at) AS timed_out,
  count(a.withdrawn_at) AS withdrawn,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.accepted_at - a.offered_at))
    AS median_accept_s,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.arrived_at - a.accepted_at))
    AS median_arrive_s
FROM assignments a
LEFT JOIN LATERAL (
  SELECT coalesce(p.name, '') AS shift FROM shifts s LEFT JOIN shift_plans p ON p.id = s.plan_id
  WHERE s.unit_id = a.unit_id AND s.starts_at <= a.offered_at
    AND (s.ends_at IS NULL OR a.offered_at < s.ends_at)
  ORDER BY (p.id IS NULL), s.starts_at DESC LIMIT 1
) duty ON true
WHERE a.offered_at >= :since AND a.offered_at < :until
  AND a.division_code BETWEEN :low AND :high
GROUP BY 1, 2 ORDER BY 1, 2
