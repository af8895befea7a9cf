-- Half of the bids, some of their fields, into another topic.
CREATE STREAM bids (id STRING KEY, auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` BIGINT)
  WITH (KAFKA_TOPIC = 'bids', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON', TIMESTAMP = '`dateTime`');
CREATE STREAM expensive_bids
  WITH (KAFKA_TOPIC = '@PREFIX@results', VALUE_FORMAT = 'JSON') AS
  SELECT id, auction, bidder, price * 908 / 1000 AS price_euro FROM bids WHERE price > 5000;
