-- Metres from a task's point, or from the nearest of its grids (nought inside), to a position.
-- Index: primary keys of task, task_grids and grids.
SELECT ST_Distance(
  coalesce(t.geom, (SELECT ST_Collect(g.geom) FROM task_grids tg JOIN grids g ON g.id = tg.grid_id
    WHERE tg.task_id = t.id))::geography,
  ST_SetSRID(ST_Point(:lon, :lat), 4326)::geography)
FROM tasks t WHERE t.id = :task
