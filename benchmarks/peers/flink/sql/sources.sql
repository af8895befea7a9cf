CREATE TABLE bids (
  auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` BIGINT,
  ts AS TO_TIMESTAMP_LTZ(`dateTime`, 3), WATERMARK FOR ts AS ts
) WITH ('connector' = 'kafka', 'topic' = 'bids', 'properties.bootstrap.servers' = '@KAFKA@',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json');
CREATE TABLE bids_many_keys WITH ('topic' = 'bids-many-keys') LIKE bids;
CREATE TABLE bids_sessions WITH ('topic' = 'bids-sessions') LIKE bids;
CREATE TABLE auctions (
  id BIGINT, seller BIGINT, category BIGINT, `dateTime` BIGINT,
  ts AS TO_TIMESTAMP_LTZ(`dateTime`, 3), WATERMARK FOR ts AS ts
) WITH ('connector' = 'kafka', 'topic' = 'auctions', 'properties.bootstrap.servers' = '@KAFKA@',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json');
CREATE TABLE auctions_table (
  id STRING, seller BIGINT, category BIGINT, `dateTime` BIGINT,
  ts AS TO_TIMESTAMP_LTZ(`dateTime`, 3), WATERMARK FOR ts AS ts, PRIMARY KEY (id) NOT ENFORCED
) WITH ('connector' = 'upsert-kafka', 'topic' = 'auctions-table', 'properties.bootstrap.servers' = '@KAFKA@',
  'scan.bounded.mode' = 'latest-offset', 'key.format' = 'raw', 'value.format' = 'json',
  'value.fields-include' = 'EXCEPT_KEY');
