-- The same over more keys than fit into caches.
CREATE STREAM bids (id STRING KEY, auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` BIGINT)
  WITH (KAFKA_TOPIC = 'bids-many-keys', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON', TIMESTAMP = '`dateTime`');
CREATE TABLE auction_totals
  WITH (KAFKA_TOPIC = '@PREFIX@results', VALUE_FORMAT = 'JSON') AS
  SELECT id, COUNT(*) AS bids, SUM(price) AS total, MAX(price) AS highest FROM bids GROUP BY id;
