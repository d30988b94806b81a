-- One address that no DNS answer gave, from many pods: a worm, a shared dropper, or a
-- control plane that should be in an exception.  At least 5 pods within an hour, looked
-- at every 5 minutes; said once, and again when it had ceased.
CREATE TEMPORARY VIEW shared_destinations AS
SELECT
  ip, port,
  window_time AS till,
  COUNT(DISTINCT pod) AS pods,
  COUNT(DISTINCT node) AS nodes,
  COUNT(DISTINCT uid) AS hits,
  MIN(happened) AS first_seen,
  MAX(happened) AS last_seen
FROM TABLE(
  HOP(
    TABLE nameless_connects, DESCRIPTOR(arrived), INTERVAL '5' MINUTE, INTERVAL '1' HOUR))
GROUP BY ip, port, window_start, window_end, window_time
HAVING COUNT(DISTINCT pod) >= 5;

INSERT INTO correlations
SELECT
  MD5(ip || ' ' || CAST(port AS STRING) || ' ' || CAST(till AS STRING)),
  'one_destination_many_pods',
  ip || ' port ' || CAST(port AS STRING),
  pods,
  nodes,
  hits,
  first_seen,
  last_seen,
  CAST(pods AS STRING) || ' pods connected to one address without a name'
FROM (
  SELECT *, LAG(till) OVER (PARTITION BY ip, port ORDER BY till) AS before
  FROM shared_destinations
)
WHERE before IS NULL OR before < till - INTERVAL '5' MINUTE;
