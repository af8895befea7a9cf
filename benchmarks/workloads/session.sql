-- COUNT per key and session, ten seconds without a bid apart.
CREATE STREAM bids (id STRING KEY, auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` BIGINT)
  WITH (KAFKA_TOPIC = 'bids-sessions', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON', TIMESTAMP = '`dateTime`');
CREATE TABLE auction_sessions
  WITH (KAFKA_TOPIC = '@PREFIX@results', VALUE_FORMAT = 'JSON') AS
  SELECT id, COUNT(*) AS bids FROM bids
  WINDOW SESSION (10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id;
