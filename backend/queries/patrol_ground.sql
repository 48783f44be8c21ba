-- The ground of all units together, of grids and hours whose traces changed.
-- Index: the primary key of patrol_traces.
INSERT INTO patrol_grounds (grid_id, hour, division_code, plan, visited, likely, unknown,
                            road_visited, road_likely, road_unknown)
SELECT grid_id, hour, division_code, plan, visited, likely & ~visited, unknown & ~visited,
       road_visited, road_likely & ~road_visited, road_unknown & ~road_visited
FROM (
  SELECT t.grid_id, t.hour, p.division_code, t.plan,
         bit_or(t.visited) AS visited, bit_or(t.likely) AS likely, bit_or(t.unknown) AS unknown,
         bit_or(t.road_visited) AS road_visited, bit_or(t.road_likely) AS road_likely,
         bit_or(t.road_unknown) AS road_unknown
  FROM unnest(CAST(:grids AS bigint[]), CAST(:hours AS timestamptz[])) AS touched (grid_id, hour)
  JOIN patrol_traces t ON t.grid_id = touched.grid_id AND t.hour = touched.hour
  JOIN patrol_plans p ON p.grid_id = t.grid_id AND p.digest = t.plan
  GROUP BY t.grid_id, t.hour, p.division_code, t.plan
) together
