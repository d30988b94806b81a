-- The topics as tables: the init file of each file beside it.
--
--   sql-client.sh -i tables.sql -f one_destination_many_pods.sql
--
-- Your brokers, topics, TLS and SASL go into a copy with such lines at its end:
--
--   ALTER TABLE alerts SET ('properties.bootstrap.servers' = 'kafka-0:9093', …);

-- What is remembered of an id, a name or an address that does not come again.
SET 'table.exec.state.ttl' = '24 h';
-- A partition without records must not hold the others' windows back.
SET 'table.exec.source.idle-timeout' = '1 min';
SET 'execution.checkpointing.interval' = '1 min';

-- docs/alert-schema.md, as OCSF.  `arrived` is the topic's LogAppendTime (docs/soc.md):
-- alerts that waited in a sensor's spool are counted when they come, not dropped as
-- late; when something happened is in `time`.
CREATE TABLE alerts (
  metadata ROW<uid STRING, sequence BIGINT, tenant_uid STRING>,
  `time` BIGINT,
  severity_id INT,
  is_alert BOOLEAN,
  activity_id INT,
  message STRING,
  device ROW<hostname STRING>,
  finding_info ROW<uid STRING, title STRING, analytic ROW<uid STRING>>,
  evidences ARRAY<ROW<
    query ROW<hostname STRING>,
    dst_endpoint ROW<ip STRING, port INT>,
    data ROW<kind STRING, `connect` ROW<dns ROW<state STRING>>>>>,
  resources ARRAY<ROW<`type` STRING, name STRING, `namespace` STRING>>,
  headers MAP<STRING, BYTES> METADATA VIRTUAL,
  arrived TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  here AS PROCTIME(),
  WATERMARK FOR arrived AS arrived - INTERVAL '1' MINUTE
) WITH (
  'connector' = 'kafka',
  'topic' = 'nameward.alerts',
  'properties.bootstrap.servers' = 'kafka:9092',
  'properties.group.id' = 'nameward-correlations',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.ignore-parse-errors' = 'true'
);

-- docs/telemetry.md: each DNS message, and each connect.  Make both topics even where the
-- sensors write no telemetry: the files then see what the alerts say.
CREATE TABLE dns_activity (
  metadata ROW<uid STRING, tenant_uid STRING>,
  `time` BIGINT,
  query ROW<hostname STRING>,
  device ROW<hostname STRING>,
  unmapped ROW<workload STRING, pod ROW<name STRING, `namespace` STRING>>,
  arrived TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  WATERMARK FOR arrived AS arrived - INTERVAL '1' MINUTE
) WITH (
  'connector' = 'kafka',
  'topic' = 'nameward.dns',
  'properties.bootstrap.servers' = 'kafka:9092',
  'properties.group.id' = 'nameward-correlations',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.ignore-parse-errors' = 'true'
);

CREATE TABLE network_activity (
  metadata ROW<uid STRING, tenant_uid STRING>,
  `time` BIGINT,
  dst_endpoint ROW<ip STRING, port INT>,
  device ROW<hostname STRING>,
  unmapped ROW<
    workload STRING,
    pod ROW<name STRING, `namespace` STRING>,
    `connect` ROW<dns ROW<state STRING>>>,
  arrived TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  WATERMARK FOR arrived AS arrived - INTERVAL '1' MINUTE
) WITH (
  'connector' = 'kafka',
  'topic' = 'nameward.connects',
  'properties.bootstrap.servers' = 'kafka:9092',
  'properties.group.id' = 'nameward-correlations',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.ignore-parse-errors' = 'true'
);

-- What the files beside this one find, one record a finding.  After a restart the last
-- ones may come twice, with the same uid.
CREATE TABLE correlations (
  uid STRING,
  kind STRING,
  subject STRING,
  pods BIGINT,
  nodes BIGINT,
  hits BIGINT,
  first_seen TIMESTAMP_LTZ(3),
  last_seen TIMESTAMP_LTZ(3),
  explanation STRING
) WITH (
  'connector' = 'kafka',
  'topic' = 'nameward.correlations',
  'properties.bootstrap.servers' = 'kafka:9092',
  'key.format' = 'raw',
  'key.fields' = 'subject',
  'value.format' = 'json',
  'value.json.timestamp-format.standard' = 'ISO-8601'
);

-- The alert topic with each emission once, by dedup.sql.
CREATE TABLE alerts_unique (
  uid STRING,
  happened TIMESTAMP_LTZ(3),
  severity_id INT,
  node STRING,
  rule_id STRING,
  pod STRING,
  hostname STRING,
  ip STRING,
  port INT,
  message STRING
) WITH (
  'connector' = 'kafka',
  'topic' = 'nameward.alerts.unique',
  'properties.bootstrap.servers' = 'kafka:9092',
  'key.format' = 'raw',
  'key.fields' = 'pod',
  'value.format' = 'json',
  'value.json.timestamp-format.standard' = 'ISO-8601'
);

-- Each emission once: delivery is at least once, and a resend carries the same uid.
-- Pods and nodes stand below their cluster's name, where it is set.
CREATE VIEW alerts_once AS
SELECT *
FROM (
  SELECT
    metadata.uid AS uid,
    metadata.sequence AS sequence,
    COALESCE(CAST(headers['ce_spool'] AS STRING), device.hostname) AS spool,
    TO_TIMESTAMP_LTZ(`time`, 3) AS happened,
    severity_id,
    COALESCE(metadata.tenant_uid || '/', '') || device.hostname AS node,
    finding_info.analytic.uid AS rule_id,
    evidences[1].query.hostname AS hostname,
    evidences[1].dst_endpoint.ip AS ip,
    evidences[1].dst_endpoint.port AS port,
    evidences[1].data.kind AS kind,
    evidences[1].data.`connect`.dns.state AS dns_state,
    COALESCE(metadata.tenant_uid || '/', '')
      || COALESCE(resources[1].`namespace` || '/', '') || resources[1].name AS pod,
    message,
    arrived,
    ROW_NUMBER() OVER (PARTITION BY metadata.uid ORDER BY here) AS nth
  FROM alerts
  WHERE metadata.uid IS NOT NULL
)
WHERE nth = 1;

-- Who asked for what.  An alert stands for its dedup window, so of the pods of one
-- workload on one node it names the first; telemetry names each.
CREATE VIEW names_asked AS
SELECT hostname, pod, node, happened, arrived
FROM alerts_once
WHERE hostname IS NOT NULL
UNION ALL
SELECT
  query.hostname,
  COALESCE(metadata.tenant_uid || '/', '')
    || COALESCE(unmapped.pod.`namespace` || '/' || unmapped.pod.name, unmapped.workload),
  COALESCE(metadata.tenant_uid || '/', '') || device.hostname,
  TO_TIMESTAMP_LTZ(`time`, 3),
  arrived
FROM dns_activity
WHERE query.hostname IS NOT NULL;

-- Who connected to an address that no DNS answer of a trusted resolver gave it.
CREATE VIEW nameless_connects AS
SELECT uid, ip, port, pod, node, happened, arrived
FROM alerts_once
WHERE kind = 'connect' AND dns_state IN ('none', 'untrusted_resolver')
UNION ALL
SELECT
  metadata.uid,
  dst_endpoint.ip,
  dst_endpoint.port,
  COALESCE(metadata.tenant_uid || '/', '')
    || COALESCE(unmapped.pod.`namespace` || '/' || unmapped.pod.name, unmapped.workload),
  COALESCE(metadata.tenant_uid || '/', '') || device.hostname,
  TO_TIMESTAMP_LTZ(`time`, 3),
  arrived
FROM network_activity
WHERE unmapped.`connect`.dns.state IN ('none', 'untrusted_resolver');
