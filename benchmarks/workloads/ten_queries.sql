-- Ten queries over one topic: four filters, four aggregates, two kinds of window.
CREATE STREAM bids (id STRING KEY, auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` BIGINT)
  WITH (KAFKA_TOPIC = 'bids', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON', TIMESTAMP = '`dateTime`');
CREATE STREAM results_0
  WITH (KAFKA_TOPIC = '@PREFIX@results-0', VALUE_FORMAT = 'JSON') AS
  SELECT id, auction, bidder, price * 908 / 1000 AS price_euro FROM bids WHERE price > 2000;
CREATE STREAM results_1
  WITH (KAFKA_TOPIC = '@PREFIX@results-1', VALUE_FORMAT = 'JSON') AS
  SELECT id, auction, bidder, price * 908 / 1000 AS price_euro FROM bids WHERE price > 4000;
CREATE STREAM results_2
  WITH (KAFKA_TOPIC = '@PREFIX@results-2', VALUE_FORMAT = 'JSON') AS
  SELECT id, auction, bidder, price * 908 / 1000 AS price_euro FROM bids WHERE price > 6000;
CREATE STREAM results_3
  WITH (KAFKA_TOPIC = '@PREFIX@results-3', VALUE_FORMAT = 'JSON') AS
  SELECT id, auction, bidder, price * 908 / 1000 AS price_euro FROM bids WHERE price > 8000;
CREATE TABLE results_4
  WITH (KAFKA_TOPIC = '@PREFIX@results-4', VALUE_FORMAT = 'JSON') AS
  SELECT id, COUNT(*) AS bids, SUM(price) AS total, MAX(price) AS highest FROM bids WHERE price > 0 GROUP BY id;
CREATE TABLE results_5
  WITH (KAFKA_TOPIC = '@PREFIX@results-5', VALUE_FORMAT = 'JSON') AS
  SELECT id, COUNT(*) AS bids, SUM(price) AS total, MAX(price) AS highest FROM bids WHERE price > 1000 GROUP BY id;
CREATE TABLE results_6
  WITH (KAFKA_TOPIC = '@PREFIX@results-6', VALUE_FORMAT = 'JSON') AS
  SELECT id, COUNT(*) AS bids, SUM(price) AS total, MAX(price) AS highest FROM bids WHERE price > 2000 GROUP BY id;
CREATE TABLE results_7
  WITH (KAFKA_TOPIC = '@PREFIX@results-7', VALUE_FORMAT = 'JSON') AS
  SELECT id, COUNT(*) AS bids, SUM(price) AS total, MAX(price) AS highest FROM bids WHERE price > 3000 GROUP BY id;
CREATE TABLE results_8
  WITH (KAFKA_TOPIC = '@PREFIX@results-8', VALUE_FORMAT = 'JSON') AS
  SELECT id, COUNT(*) AS bids FROM bids
  WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id;
CREATE TABLE results_9
  WITH (KAFKA_TOPIC = '@PREFIX@results-9', VALUE_FORMAT = 'JSON') AS
  SELECT id, COUNT(*) AS bids FROM bids
  WINDOW TUMBLING (SIZE 20 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id;
