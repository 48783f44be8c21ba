-- What is a unit to do, and what has it done lately? Open assignments first, newest first.
-- Index: assignments_unit_idx; task_grids_pkey and photographs_task_idx by the task's id.
SELECT a.id AS assignment_id, a.task_id, t.number, t.kind, t.title, t.text, t.severity, a.state,
  a.version, ST_X(t.geom) AS lon, ST_Y(t.geom) AS lat, t.place_text, a.offered_at, a.accept_by,
  a.arrive_by, t.deadline_at, a.travel_m, a.travel_how, a.result,
  coalesce((SELECT json_agg(json_build_object('code', g.grid_code, 'name', g.grid_name)
    ORDER BY g.grid_code) FROM task_grids g WHERE g.task_id = t.id), '[]') AS grids,
  coalesce((SELECT json_agg(p.id ORDER BY p.id) FROM photographs p
    WHERE p.task_id = t.id AND p.assignment_id = a.id AND p.content IS NOT NULL), '[]') AS photograph_ids
FROM assignments a JOIN tasks t ON t.id = a.task_id
WHERE a.unit_id = :unit
  AND (a.state IN ('offered', 'accepted', 'under_way', 'arrived') OR a.offered_at > :since)
ORDER BY (a.state IN ('offered', 'accepted', 'under_way', 'arrived')) DESC, a.id DESC
LIMIT 100
