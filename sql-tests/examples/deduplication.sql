-- Deduplication
--
-- The job: events may be sent again. Of the events with the same id, only the first is passed on; what comes again
-- within 10 minutes is a repeat and is dropped.
--
-- How: a session window per id with a gap of 10 minutes. A repeat extends its session and raises its count, so
-- the change with a count of 1 is the first event; FROM CHANGES(table) makes it a record of a stream again. Unlike
-- tumbling windows, sessions have no borders at fixed times, behind which a repeat would pass as new.
--
-- Every single change matters: were results coalesced between commits, a count could go to 2 at once. So the cache
-- is off.

--@test: what comes again within ten minutes is dropped
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM events (id STRING KEY, kind STRING, amount INT)
  WITH (KAFKA_TOPIC='events', VALUE_FORMAT='JSON');

CREATE TABLE sightings AS
  SELECT id,
         COUNT(*) AS times,
         EARLIEST_BY_OFFSET(kind, false) AS kind,
         EARLIEST_BY_OFFSET(amount, false) AS amount
  FROM events
  WINDOW SESSION (10 MINUTES)
  GROUP BY id;

CREATE STREAM distinct_events WITH (KAFKA_TOPIC='distinct-events') AS
  SELECT id, kind, amount
  FROM CHANGES(sightings)
  WHERE times = 1;

INSERT INTO events (ROWTIME, id, kind, amount) VALUES (60000, 'e1', 'order', 10);
INSERT INTO events (ROWTIME, id, kind, amount) VALUES (61000, 'e2', 'order', NULL);
INSERT INTO events (ROWTIME, id, kind, amount) VALUES (62000, 'e1', 'order', 10);
EXPECT TOPIC 'distinct-events';
--> {"key":"e1","value":{"KIND":"order","AMOUNT":10},"timestamp":60000}
--> {"key":"e2","value":{"KIND":"order","AMOUNT":null},"timestamp":61000}

-- At minute 9 and minute 11, on both sides of a ten-minute border: still repeats.
INSERT INTO events (ROWTIME, id, kind, amount) VALUES (540000, 'e1', 'order', 10);
INSERT INTO events (ROWTIME, id, kind, amount) VALUES (660000, 'e1', 'order', 10);
EXPECT TOPIC 'distinct-events';
-->

-- A repeat with an earlier timestamp is one too.
INSERT INTO events (ROWTIME, id, kind, amount) VALUES (60500, 'e2', 'order', 5);
EXPECT TOPIC 'distinct-events';
-->

-- After more than ten minutes of silence an id is new again; another id always is.
INSERT INTO events (ROWTIME, id, kind, amount) VALUES (1260001, 'e1', 'refund', 10);
INSERT INTO events (ROWTIME, id, kind, amount) VALUES (1260002, 'e3', 'order', 7);
EXPECT TOPIC 'distinct-events';
--> {"key":"e1","value":{"KIND":"refund","AMOUNT":10},"timestamp":1260001}
--> {"key":"e3","value":{"KIND":"order","AMOUNT":7},"timestamp":1260002}

-- What has been seen is not forgotten when the engine starts again.
RESTART;
INSERT INTO events (ROWTIME, id, kind, amount) VALUES (1300000, 'e3', 'order', 7);
INSERT INTO events (ROWTIME, id, kind, amount) VALUES (1300001, 'e4', 'order', 8);
EXPECT TOPIC 'distinct-events';
--> {"key":"e4","value":{"KIND":"order","AMOUNT":8},"timestamp":1300001}
