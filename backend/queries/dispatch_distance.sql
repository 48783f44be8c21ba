-- Metres from a task's point, or from the nearest of its grids (nought inside), to a position.
-- Index: primary keys of task, task_grids and grids.
SELECT ST_Distance(task_target(:task)::geography, ST_SetSRID(ST_Point(:lon, :lat), 4326)::geography)
