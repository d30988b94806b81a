-- A name that no pod of the fleet had asked for in the last 30 days, or ever: what an
-- analyst looks at first.  While the topics themselves are younger, all are new.
SET 'table.exec.state.ttl' = '31 d';

CREATE TEMPORARY VIEW name_minutes AS
SELECT
  hostname,
  window_time AS till,
  MIN(pod) AS pod,
  COUNT(DISTINCT pod) AS pods,
  COUNT(DISTINCT node) AS nodes,
  MIN(happened) AS first_seen,
  MAX(happened) AS last_seen
FROM TABLE(TUMBLE(TABLE names_asked, DESCRIPTOR(arrived), INTERVAL '1' MINUTE))
GROUP BY hostname, window_start, window_end, window_time;

INSERT INTO correlations
SELECT
  MD5(hostname || ' ' || CAST(till AS STRING)),
  'first_seen_in_fleet',
  hostname,
  pods,
  nodes,
  CAST(1 AS BIGINT),
  first_seen,
  last_seen,
  'asked for by ' || pod
FROM (
  SELECT *, LAG(till) OVER (PARTITION BY hostname ORDER BY till) AS before
  FROM name_minutes
)
WHERE before IS NULL OR before < till - INTERVAL '30' DAY;
