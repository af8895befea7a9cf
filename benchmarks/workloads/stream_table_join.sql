-- Each bid with its auction, which is a row of a table.
CREATE STREAM bids (id STRING KEY, auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` BIGINT)
  WITH (KAFKA_TOPIC = 'bids', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON', TIMESTAMP = '`dateTime`');
CREATE TABLE auctions (id STRING PRIMARY KEY, seller BIGINT, category BIGINT)
  WITH (KAFKA_TOPIC = 'auctions-table', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM priced_bids
  WITH (KAFKA_TOPIC = '@PREFIX@results', VALUE_FORMAT = 'JSON') AS
  SELECT b.id, b.bidder, b.price, a.seller, a.category FROM bids b JOIN auctions a ON b.id = a.id;
