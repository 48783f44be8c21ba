-- Which subjects of a kind have which figures at one reading and measure, page by page?
-- Index: coverage_figures_division_idx by kind, reading, measure and division range.
WITH figure AS (
  SELECT subject_id, max(total) AS total, max(method) AS method, max(computed_at) AS computed_at,
         jsonb_agg(jsonb_build_array(px_per_m, total, certain, possible, one, more)) AS amounts,
         max(certain / nullif(total, 0)) FILTER (WHERE px_per_m = :sort_px) AS certain_share,
         max(one / nullif(total, 0)) FILTER (WHERE px_per_m = :sort_px) AS one_share,
         max((total - certain - possible) / nullif(total, 0)) FILTER (WHERE px_per_m = :sort_px)
           AS none_share
  FROM coverage_figures
  WHERE subject_kind = :kind AND reading = :reading AND measure = :measure
    AND division_code BETWEEN :low AND :high
  GROUP BY subject_id
), subject AS (
  {subjects}
), page AS (
  SELECT figure.*, subject.code, subject.name, subject.division_code, subject.geom,
         count(*) OVER () AS found
  FROM figure JOIN subject ON subject.id = figure.subject_id
  ORDER BY {order}
  LIMIT :limit OFFSET :offset
)
SELECT page.subject_id, page.code, page.name, page.division_code, d.name AS division_name,
       ST_X(ST_PointOnSurface(page.geom)) AS lon, ST_Y(ST_PointOnSurface(page.geom)) AS lat,
       ST_XMin(page.geom) AS west, ST_YMin(page.geom) AS south,
       ST_XMax(page.geom) AS east, ST_YMax(page.geom) AS north,
       page.total, page.amounts, page.method, page.computed_at, page.found
FROM page LEFT JOIN divisions d ON d.code = page.division_code AND d.valid_to IS NULL
ORDER BY {order}
