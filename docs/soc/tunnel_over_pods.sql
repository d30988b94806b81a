-- A DNS tunnel that is spread over pods so that none of them stands out: within an hour
-- at least 50 different names below one domain, from at least 3 pods, hardly any asked
-- for by two of them (a service is, a message is not), and long enough to carry bytes.
-- The domain is the last two labels (three below .co.uk and its like): good enough to
-- group by.  Said once, and again when it had ceased.
CREATE TEMPORARY VIEW names_below AS
SELECT
  REGEXP_EXTRACT(hostname, '([^.]+\.(?:(?:co|com|net|org|gov|ac|edu)\.[a-z]{2}|[^.]+))$', 1)
    AS domain,
  hostname, pod, node, happened, arrived
FROM names_asked
WHERE hostname NOT LIKE '%.cluster.local' AND hostname NOT LIKE '%.arpa';

CREATE TEMPORARY VIEW spread_names AS
SELECT
  domain,
  window_time AS till,
  COUNT(DISTINCT pod) AS pods,
  COUNT(DISTINCT node) AS nodes,
  COUNT(DISTINCT hostname) AS names,
  MIN(happened) AS first_seen,
  MAX(happened) AS last_seen
FROM TABLE(
  HOP(TABLE names_below, DESCRIPTOR(arrived), INTERVAL '5' MINUTE, INTERVAL '1' HOUR))
GROUP BY domain, window_start, window_end, window_time
HAVING COUNT(DISTINCT hostname) >= 50
  AND COUNT(DISTINCT pod) >= 3
  AND COUNT(DISTINCT pod || ' ' || hostname) * 10 <= COUNT(DISTINCT hostname) * 11
  AND AVG(CHAR_LENGTH(hostname) - CHAR_LENGTH(domain)) >= 16;

INSERT INTO correlations
SELECT
  MD5(domain || ' ' || CAST(till AS STRING)),
  'tunnel_over_pods',
  domain,
  pods,
  nodes,
  names,
  first_seen,
  last_seen,
  CAST(names AS STRING) || ' names below one domain, asked for by ' ||
    CAST(pods AS STRING) || ' pods'
FROM (
  SELECT *, LAG(till) OVER (PARTITION BY domain ORDER BY till) AS before
  FROM spread_names
)
WHERE before IS NULL OR before < till - INTERVAL '5' MINUTE;
