-- What a sensor sent and nobody got.  metadata.sequence rises by one with each alert of a
-- spool, whatever partition it went to, so a number that is passed and does not come
-- within 10 minutes is missing.  The alert "nameward-alerts-lost" of the same node names
-- what the sensor itself gave up; any other gap is a sensor that lies, or a topic that
-- lost.  Where a sensor died shows when it counts on: until then, look at its metrics.
SET 'table.exec.state.ttl' = '8 d';

CREATE TEMPORARY VIEW highest_numbers AS
SELECT
  node, spool, sequence, happened, arrived,
  MAX(sequence) OVER (PARTITION BY spool ORDER BY arrived
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS highest
FROM alerts_once
WHERE sequence IS NOT NULL;

CREATE TEMPORARY VIEW number_steps AS
SELECT *, LAG(highest) OVER (PARTITION BY spool ORDER BY arrived) AS before
FROM highest_numbers;

-- Each number that was passed over, once for each that came after all.
CREATE TEMPORARY VIEW holes AS
SELECT
  hole.node, hole.spool, hole.before, hole.sequence AS `next`, hole.happened,
  hole.arrived, filler.sequence AS filled
FROM (SELECT * FROM number_steps WHERE sequence > before + 1) AS hole
LEFT JOIN (SELECT * FROM number_steps WHERE sequence < before) AS filler
ON hole.spool = filler.spool
  AND filler.sequence BETWEEN hole.before + 1 AND hole.sequence - 1
  AND filler.arrived BETWEEN hole.arrived AND hole.arrived + INTERVAL '10' MINUTE;

INSERT INTO correlations
SELECT
  MD5(spool || ' ' || CAST(`next` AS STRING)),
  'sequence_gap',
  node,
  CAST(0 AS BIGINT),
  CAST(1 AS BIGINT),
  `next` - before - 1 - COUNT(DISTINCT filled),
  MIN(happened),
  MAX(happened),
  'of the numbers ' || CAST(before + 1 AS STRING) || ' to ' ||
    CAST(`next` - 1 AS STRING) || ' of the spool ' || spool || ', ' ||
    CAST(COUNT(DISTINCT filled) AS STRING) || ' came'
FROM TABLE(TUMBLE(TABLE holes, DESCRIPTOR(arrived), INTERVAL '1' MINUTE))
GROUP BY node, spool, before, `next`, window_start, window_end
HAVING `next` - before - 1 > COUNT(DISTINCT filled);
