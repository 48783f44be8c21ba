-- How was each grid of a division gone over in a period of whole hours: ground, roads, visits, state?
-- By the grids of today, or by those of then, each for the hours it was in force: since to until.
-- Index: patrol_grounds_division_idx, visits_division_idx, requirement_states_division_idx.
WITH land AS (
  SELECT g.id, g.set_name, g.code, g.name, g.division_code, d.name AS division_name,
         g.valid_from, g.valid_to, {span}
  FROM grids g LEFT JOIN divisions d ON d.code = g.division_code AND d.valid_to IS NULL
  WHERE {in_force} AND g.division_code BETWEEN :low AND :high {narrowed}
), ground AS (
  SELECT t.grid_id, bit_or(t.visited) AS visited,
         bit_or(t.likely) AS likely, bit_or(t.unknown) AS unknown,
         bit_or(t.road_visited) AS road_visited,
         bit_or(t.road_likely) AS road_likely, bit_or(t.road_unknown) AS road_unknown
  -- OFFSET keeps the planner from fetching the period's rows grid by grid.
  FROM (SELECT * FROM patrol_grounds t
    WHERE t.division_code BETWEEN :low AND :high AND t.hour >= :start AND t.hour < :end {of_grid}
    OFFSET 0) t
  JOIN patrol_plans p ON p.grid_id = t.grid_id AND p.digest = t.plan
  JOIN land l ON l.id = t.grid_id AND t.hour >= l.since AND t.hour < l.until
  GROUP BY t.grid_id
), been AS (
  SELECT t.grid_id,
         count(*) FILTER (WHERE t.is_sure AND NOT t.is_continued
           AND t.entered_at >= greatest(:start, l.since)) AS visits,
         count(*) FILTER (WHERE t.basis = 'passed' AND NOT t.is_continued
           AND t.entered_at >= l.since) AS likely_visits,
         count(DISTINCT t.unit_id) FILTER (WHERE t.is_sure) AS units,
         coalesce(sum(extract(epoch
             FROM least(t.left_at, :end, l.until) - greatest(t.entered_at, :start, l.since))
           * t.dwell_s / greatest(extract(epoch FROM t.left_at - t.entered_at), 1e-6))
           FILTER (WHERE t.is_sure), 0)::float8 AS dwell_s,
         max(least(t.left_at, :end, l.until)) FILTER (WHERE t.is_sure) AS last_visit_at
  FROM visits t JOIN land l ON l.id = t.grid_id AND t.entered_at < l.until AND t.left_at >= l.since
  WHERE t.division_code BETWEEN :low AND :high AND t.entered_at < :end AND t.left_at >= :start
    AND t.day >= CAST(:start AS date) - 1 {of_grid}
  GROUP BY t.grid_id
), newest AS (
  SELECT DISTINCT ON (t.requirement_id, t.grid_id) t.grid_id, t.state
  FROM requirement_states t
  JOIN land l ON l.id = t.grid_id AND t.window_start >= l.since AND t.window_start < l.until
  WHERE t.division_code BETWEEN :low AND :high AND t.window_end >= :start AND t.window_start < :end
    {of_grid}
  ORDER BY t.requirement_id, t.grid_id, t.window_start DESC
), stands AS (
  SELECT grid_id, (array['not_met', 'due', 'unknown', 'open', 'met'])[
    min(array_position('{{not_met,due,unknown,open,met}}', state))] AS state
  FROM newest GROUP BY grid_id
), told AS (
  SELECT land.id, land.set_name, land.code, land.name, land.division_code, land.division_name,
         land.valid_from, land.valid_to, p.cells * p.cell_m2 AS cells_m2, p.road_m, p.piece_m,
         coalesce(bit_count(visited), 0)::float8 / nullif(p.cells, 0) AS visited_share,
         coalesce(bit_count(likely & ~visited), 0)::float8 / nullif(p.cells, 0) AS likely_share,
         coalesce(bit_count(unknown & ~visited), 0)::float8 / nullif(p.cells, 0) AS unknown_share,
         road_visited, road_likely & ~road_visited AS road_likely,
         road_unknown & ~road_visited AS road_unknown,
         coalesce(been.visits, 0) AS visits, coalesce(been.likely_visits, 0) AS likely_visits,
         coalesce(been.units, 0) AS units, coalesce(been.dwell_s, 0) AS dwell_s,
         been.last_visit_at, stands.state
  FROM land
  LEFT JOIN patrol_plans p ON p.grid_id = land.id
  LEFT JOIN ground ON ground.grid_id = land.id
  LEFT JOIN been ON been.grid_id = land.id
  LEFT JOIN stands ON stands.grid_id = land.id
)
SELECT *, count(*) OVER () AS found FROM told ORDER BY {order} OFFSET :offset LIMIT :limit
