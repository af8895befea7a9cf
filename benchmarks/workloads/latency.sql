-- Every bid at once, and what the bids of each key come to: how long until both can be seen. `sent` is when it was appended, in microseconds.
CREATE STREAM bids (id STRING KEY, auction BIGINT, sent BIGINT)
  WITH (KAFKA_TOPIC = 'latency-bids', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM passed
  WITH (KAFKA_TOPIC = '@PREFIX@results', VALUE_FORMAT = 'JSON') AS
  SELECT id, auction, sent FROM bids;
CREATE TABLE last_bids
  WITH (KAFKA_TOPIC = '@PREFIX@last', VALUE_FORMAT = 'JSON') AS
  SELECT id, COUNT(*) AS bids, MAX(sent) AS sent FROM bids GROUP BY id;
