-- How many auctions have so many bids, and what these come to: an aggregate over an aggregate.
CREATE STREAM bids (id STRING KEY, auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` BIGINT)
  WITH (KAFKA_TOPIC = 'bids', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON', TIMESTAMP = '`dateTime`');
CREATE TABLE auction_totals
  WITH (KAFKA_TOPIC = '@PREFIX@totals', VALUE_FORMAT = 'JSON') AS
  SELECT id, COUNT(*) AS bids, SUM(price) AS total FROM bids GROUP BY id;
CREATE TABLE buckets
  WITH (KAFKA_TOPIC = '@PREFIX@results', VALUE_FORMAT = 'JSON') AS
  SELECT bids, COUNT(*) AS auctions, SUM(total) AS total FROM auction_totals GROUP BY bids;
