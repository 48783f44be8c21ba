-- How were townships gone over by shift (0 night, 1 day, 2 evening; local time), on an average day?
-- By the grids of today, or by those of then, each for the hours it was in force: since to until.
-- Index: patrol_grounds_division_idx, visits_division_idx, requirement_states_division_idx.
WITH land AS (
  SELECT g.id, g.division_code / 1000 * 1000 AS township, p.digest, p.cells, p.cell_m2, {span}
  FROM grids g JOIN patrol_plans p ON p.grid_id = g.id
  WHERE {in_force} AND g.division_code BETWEEN :low AND :high
    AND (CAST(:set_name AS text) IS NULL OR g.set_name = :set_name)
), hours AS (
  SELECT h AS hour, (h AT TIME ZONE :zone)::date AS day,
         (extract(hour FROM h AT TIME ZONE :zone) / 8)::numeric AS eighth
  FROM generate_series(CAST(:start AS timestamptz), CAST(:end AS timestamptz) - interval '1 hour',
                       interval '1 hour') h
), shifts AS (
  SELECT hour, day, floor(eighth)::int AS shift FROM hours
), turns AS (
  SELECT l.township, s.shift, s.day, t.grid_id, l.cell_m2,
         bit_or(t.visited) AS visited, bit_or(t.likely) AS likely, bit_or(t.unknown) AS unknown
  FROM patrol_grounds t JOIN land l ON l.id = t.grid_id AND l.digest = t.plan
    AND t.hour >= l.since AND t.hour < l.until
  JOIN shifts s ON s.hour = t.hour
  WHERE t.division_code BETWEEN :low AND :high AND t.hour >= :start AND t.hour < :end
  GROUP BY l.township, s.shift, s.day, t.grid_id, l.cell_m2
), ground AS (
  SELECT township, shift, sum(bit_count(visited) * cell_m2) AS visited_m2,
         sum(bit_count(likely & ~visited) * cell_m2) AS likely_m2,
         sum(bit_count(unknown & ~visited) * cell_m2) AS unknown_m2
  FROM turns GROUP BY township, shift
), figures AS (
  SELECT l.township, s.shift, sum(f.visits) AS visits, sum(f.dwell_s) AS dwell_s
  FROM patrol_figures f
  JOIN land l ON l.id = f.grid_id AND f.hour >= l.since AND f.hour < l.until JOIN shifts s ON s.hour = f.hour
  WHERE f.division_code BETWEEN :low AND :high AND f.hour >= :start AND f.hour < :end
  GROUP BY l.township, s.shift
), stands AS (
  SELECT l.township, floor(extract(hour FROM r.window_start AT TIME ZONE :zone) / 8)::int AS shift,
         count(*) FILTER (WHERE r.state = 'met') AS met,
         count(*) FILTER (WHERE r.state = 'not_met') AS not_met,
         count(*) FILTER (WHERE r.state = 'unknown') AS unknown
  FROM requirement_states r
  JOIN land l ON l.id = r.grid_id AND r.window_start >= l.since AND r.window_start < l.until
  WHERE r.division_code BETWEEN :low AND :high
    AND r.window_end >= :start AND r.window_start >= :start AND r.window_start < :end
  GROUP BY 1, 2
), whole AS (
  SELECT l.township, s.shift, sum(l.cells * l.cell_m2) AS cells_m2
  FROM land l JOIN (SELECT shift, day, min(hour) AS hour FROM shifts GROUP BY shift, day) s
    ON s.hour >= l.since AND s.hour < l.until
  GROUP BY l.township, s.shift
)
SELECT w.township, d.name, w.shift, w.cells_m2,
       coalesce(g.visited_m2, 0)::float8 AS visited_share,
       coalesce(g.likely_m2, 0)::float8 AS likely_share,
       coalesce(g.unknown_m2, 0)::float8 AS unknown_share,
       coalesce(f.visits, 0)::int AS visits, coalesce(f.dwell_s, 0)::float8 AS dwell_s,
       coalesce(t.met, 0) AS met, coalesce(t.not_met, 0) AS not_met,
       coalesce(t.unknown, 0) AS unknown
FROM whole w
LEFT JOIN divisions d ON d.code = w.township AND d.valid_to IS NULL
LEFT JOIN ground g ON g.township = w.township AND g.shift = w.shift
LEFT JOIN figures f ON f.township = w.township AND f.shift = w.shift
LEFT JOIN stands t ON t.township = w.township AND t.shift = w.shift
ORDER BY w.township, w.shift
