-- The alert topic with each emission once, for consumers that can't drop what comes twice
-- by metadata.uid themselves: what a triage list shows.
INSERT INTO alerts_unique
SELECT uid, happened, severity_id, node, rule_id, pod, hostname, ip, port, message
FROM alerts_once;
