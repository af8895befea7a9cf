-- The examples of the manual, with their results.

--@test: stock statistics per ticker, 5 seconds long, every second
CREATE STREAM trades (ticker STRING KEY, ask DOUBLE) WITH (KAFKA_TOPIC='trades', VALUE_FORMAT='JSON');
CREATE TABLE stock_stats AS
  SELECT ticker, MIN(ask) AS min_ask, COUNT(*) AS trades, AVG(ask) AS avg_ask
  FROM trades WINDOW HOPPING (SIZE 5 SECONDS, ADVANCE BY 1 SECOND) GROUP BY ticker;
INSERT INTO trades (ROWTIME, ticker, ask) VALUES (10000, 'MSFT', 30.0);
INSERT INTO trades (ROWTIME, ticker, ask) VALUES (11500, 'MSFT', 20.0);
INSERT INTO trades (ROWTIME, ticker, ask) VALUES (12000, 'IBM', 99.0);
INSERT INTO trades (ROWTIME, ticker, ask) VALUES (14900, 'MSFT', 40.0);
SELECT WINDOWSTART, WINDOWEND, min_ask, trades, avg_ask FROM stock_stats WHERE ticker = 'MSFT';
--> [10000,15000,20.0,3,30.0]
--> [11000,16000,20.0,2,30.0]
--> [12000,17000,40.0,1,40.0]
--> [13000,18000,40.0,1,40.0]
--> [14000,19000,40.0,1,40.0]
--> [6000,11000,30.0,1,30.0]
--> [7000,12000,20.0,2,25.0]
--> [8000,13000,20.0,2,25.0]
--> [9000,14000,20.0,2,25.0]

--@test: clickstream enrichment
CREATE TABLE profiles (user_id INT PRIMARY KEY, name STRING, level STRING) WITH (KAFKA_TOPIC='profiles', VALUE_FORMAT='JSON');
CREATE STREAM page_views (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='page-views', VALUE_FORMAT='JSON');
CREATE STREAM searches (user_id INT KEY, words STRING) WITH (KAFKA_TOPIC='searches', VALUE_FORMAT='JSON');
CREATE STREAM views_with_profile AS
  SELECT v.user_id AS user_id, p.name AS name, p.level AS level, v.page AS page
  FROM page_views v LEFT JOIN profiles p ON v.user_id = p.user_id;
CREATE STREAM clicks AS
  SELECT v.user_id AS user_id, v.name AS name, v.level AS level, v.page AS page, s.words AS words
  FROM views_with_profile v LEFT JOIN searches s WITHIN 1 SECOND GRACE PERIOD 0 SECONDS ON v.user_id = s.user_id;
INSERT INTO profiles (ROWTIME, user_id, name, level) VALUES (0, 1, 'ann', 'gold');
INSERT INTO page_views (ROWTIME, user_id, page) VALUES (10000, 1, '/tea');
INSERT INTO searches (ROWTIME, user_id, words) VALUES (10600, 1, 'green tea');
INSERT INTO page_views (ROWTIME, user_id, page) VALUES (20000, 2, '/home');
INSERT INTO searches (ROWTIME, user_id, words) VALUES (21500, 2, 'too late');
INSERT INTO page_views (ROWTIME, user_id, page) VALUES (30000, 1, '/end');
EXPECT TOPIC CLICKS;
--> {"key":1,"value":{"NAME":"ann","LEVEL":"gold","PAGE":"/tea","WORDS":"green tea"},"timestamp":10600}
--> {"key":2,"value":{"NAME":null,"LEVEL":null,"PAGE":"/home","WORDS":null},"timestamp":20000}

--@test: fraud detection
CREATE STREAM transactions (user_id STRING KEY, id STRING, amount DOUBLE, country STRING)
  WITH (KAFKA_TOPIC='transactions', VALUE_FORMAT='JSON');
CREATE STREAM fraud_alerts WITH (KAFKA_TOPIC='fraud-alerts') AS
  SELECT user_id, 'high value' AS rule, CAST(amount AS STRING) AS detail FROM transactions WHERE amount > 1000;
CREATE TABLE velocity AS
  SELECT user_id, COUNT(*) AS n FROM transactions WINDOW TUMBLING (SIZE 5 MINUTES) GROUP BY user_id;
CREATE TABLE countries AS
  SELECT user_id, COLLECT_SET(country) AS seen, COUNT_DISTINCT(country) AS n
  FROM transactions WINDOW SESSION (1 HOUR) GROUP BY user_id;
INSERT INTO fraud_alerts
  SELECT user_id, 'high velocity' AS rule, CAST(n AS STRING) AS detail FROM CHANGES(velocity) WHERE n = 4;
INSERT INTO fraud_alerts
  SELECT user_id, 'multiple countries' AS rule, ARRAY_JOIN(ARRAY_SORT(seen), ', ') AS detail FROM CHANGES(countries) WHERE n > 1;
INSERT INTO transactions (ROWTIME, user_id, id, amount, country) VALUES (36000000, 'U1', 'T1', 50, 'US');
INSERT INTO transactions (ROWTIME, user_id, id, amount, country) VALUES (36060000, 'U1', 'T2', 30, 'US');
INSERT INTO transactions (ROWTIME, user_id, id, amount, country) VALUES (36120000, 'U1', 'T3', 40, 'US');
INSERT INTO transactions (ROWTIME, user_id, id, amount, country) VALUES (36180000, 'U1', 'T4', 20, 'UK');
INSERT INTO transactions (ROWTIME, user_id, id, amount, country) VALUES (36240000, 'U2', 'T5', 1500, 'US');
EXPECT TOPIC fraud-alerts;
--> {"key":"U1","value":{"RULE":"high velocity","DETAIL":"4"},"timestamp":36180000}
--> {"key":"U1","value":{"RULE":"multiple countries","DETAIL":"UK, US"},"timestamp":36180000}
--> {"key":"U2","value":{"RULE":"high value","DETAIL":"1500.0"},"timestamp":36240000}

--@test: deduplication by event id within ten minutes
CREATE STREAM events (id STRING KEY, payload STRING) WITH (KAFKA_TOPIC='events', VALUE_FORMAT='JSON');
CREATE TABLE seen AS
  SELECT id, EARLIEST_BY_OFFSET(payload) AS payload, COUNT(*) AS n
  FROM events WINDOW TUMBLING (SIZE 10 MINUTES) GROUP BY id;
CREATE STREAM unique_events AS SELECT id, payload FROM CHANGES(seen) WHERE n = 1;
INSERT INTO events (ROWTIME, id, payload) VALUES (1000, 'e1', 'first');
INSERT INTO events (ROWTIME, id, payload) VALUES (2000, 'e1', 'again');
INSERT INTO events (ROWTIME, id, payload) VALUES (3000, 'e2', 'other');
INSERT INTO events (ROWTIME, id, payload) VALUES (4000, 'e1', 'and again');
INSERT INTO events (ROWTIME, id, payload) VALUES (700000, 'e1', 'much later');
EXPECT TOPIC UNIQUE_EVENTS;
--> {"key":"e1","value":{"PAYLOAD":"first"},"timestamp":1000}
--> {"key":"e2","value":{"PAYLOAD":"other"},"timestamp":3000}
--> {"key":"e1","value":{"PAYLOAD":"much later"},"timestamp":700000}

--@test: sessionization with a gap of 30 minutes
CREATE STREAM pages (user_id STRING KEY, page STRING) WITH (KAFKA_TOPIC='pages', VALUE_FORMAT='JSON');
CREATE TABLE visits AS
  SELECT user_id, COUNT(*) AS events, COLLECT_LIST(page) AS pages FROM pages WINDOW SESSION (30 MINUTES) GROUP BY user_id;
INSERT INTO pages (ROWTIME, user_id, page) VALUES (0, 'ann', '/a');
INSERT INTO pages (ROWTIME, user_id, page) VALUES (600000, 'ann', '/b');
INSERT INTO pages (ROWTIME, user_id, page) VALUES (4000000, 'ann', '/c');
SELECT user_id, WINDOWSTART, WINDOWEND, events, pages FROM visits WHERE user_id = 'ann';
--> ["ann",0,600000,2,["/a","/b"]]
--> ["ann",4000000,4000000,1,["/c"]]

--@test: a running count per category
CREATE STREAM sales (id INT KEY, category STRING) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON');
CREATE TABLE per_category AS SELECT category, COUNT(*) AS n FROM sales GROUP BY category;
INSERT INTO sales VALUES (1, 'books');
INSERT INTO sales VALUES (2, 'toys');
INSERT INTO sales VALUES (3, 'books');
EXPECT TOPIC PER_CATEGORY;
--> {"key":"books","value":{"N":1},"timestamp":0}
--> {"key":"toys","value":{"N":1},"timestamp":0}
--> {"key":"books","value":{"N":2},"timestamp":0}
SELECT * FROM per_category;
--> ["books",2]
--> ["toys",1]

--@test: word count
CREATE STREAM lines (line STRING) WITH (KAFKA_TOPIC='lines', VALUE_FORMAT='KAFKA');
CREATE STREAM words AS SELECT EXPLODE(REGEXP_SPLIT_TO_ARRAY(LCASE(line), '[^a-z]+')) AS word FROM lines;
CREATE TABLE word_counts AS SELECT word, COUNT(*) AS n FROM words WHERE word <> '' GROUP BY word;
PRODUCE TO lines VALUE 'The quick brown fox';
PRODUCE TO lines VALUE 'jumps over the lazy dog, the end.';
SELECT * FROM word_counts WHERE n > 1;
--> ["the",3]
SELECT n FROM word_counts WHERE word = 'fox';
--> [1]
