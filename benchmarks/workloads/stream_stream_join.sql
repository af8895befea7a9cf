-- Each bid with its auction, when they are at most ten minutes apart.
CREATE STREAM bids (id STRING KEY, auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` BIGINT)
  WITH (KAFKA_TOPIC = 'bids', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON', TIMESTAMP = '`dateTime`');
CREATE STREAM auctions (id STRING KEY, seller BIGINT, category BIGINT)
  WITH (KAFKA_TOPIC = 'auctions', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM priced_bids
  WITH (KAFKA_TOPIC = '@PREFIX@results', VALUE_FORMAT = 'JSON') AS
  SELECT b.id, b.bidder, b.price, a.seller, a.category FROM bids b
  JOIN auctions a WITHIN 10 MINUTES GRACE PERIOD 0 SECONDS ON b.id = a.id;
