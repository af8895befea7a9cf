CREATE TABLE bids (id STRING, auction BIGINT, sent BIGINT)
  WITH ('connector' = 'kafka', 'topic' = 'latency-bids', 'properties.bootstrap.servers' = '@KAFKA@',
  'scan.startup.mode' = 'earliest-offset', 'key.format' = 'raw', 'key.fields' = 'id', 'value.format' = 'json',
  'value.fields-include' = 'EXCEPT_KEY');
CREATE TABLE results (auction BIGINT, sent BIGINT)
  WITH ('connector' = 'kafka', 'format' = 'json', 'topic' = '@PREFIX@results', 'properties.bootstrap.servers' = '@KAFKA@',
  'properties.transaction.timeout.ms' = '600000', 'sink.delivery-guarantee' = 'exactly-once',
  'sink.transactional-id-prefix' = '@PREFIX@results');
INSERT INTO results SELECT auction, sent FROM bids;
CREATE TABLE last_bids (id STRING, bids BIGINT, sent BIGINT, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'key.format' = 'raw', 'value.format' = 'json', 'topic' = '@PREFIX@last',
  'properties.bootstrap.servers' = '@KAFKA@', 'properties.transaction.timeout.ms' = '600000',
  'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '@PREFIX@last');
INSERT INTO last_bids SELECT id, COUNT(*), MAX(sent) FROM bids GROUP BY id;
