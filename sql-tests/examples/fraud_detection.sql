-- Fraud detection
--
-- The job: card transactions flow in; each breach of one of three rules becomes an alert in one topic, fraud-alerts:
--
--   high value           an amount over 1000
--   high velocity        more than 3 transactions of a user in 5 minutes
--   multiple countries   more than one country in a session of a user (a session ends after an hour of silence)
--
-- How: fraud-alerts is a stream that three INSERT INTO queries write. The first rule only filters. The other two
-- count, so they need tables; FROM CHANGES(table) reads each change of a table as a record of a stream. From the velocity
-- table, the change that lifts the count to 4 is the alert, so there is one alert for each user and window.
-- The country table keeps changing as long as a session goes on; country_breaches counts how often the same
-- breach (user, start of the session, countries) has been seen, and the first time is the alert.
--
-- Every single change matters here. So results must not be coalesced between commits: the cache is off.

--@test: three rules, three alerts
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM transactions (id STRING, user_id STRING KEY, amount DOUBLE, country STRING, happened_at TIMESTAMP)
  WITH (KAFKA_TOPIC='transactions', VALUE_FORMAT='JSON', TIMESTAMP='happened_at');

-- Independent queries write the alerts, so those of one moment come in no set order. EXPECT TOPIC compares records of a
-- topic with several partitions in any order.
CREATE STREAM fraud_alerts
  (user_id STRING KEY, rule STRING, amount DOUBLE, transactions BIGINT, countries ARRAY<STRING>)
  WITH (KAFKA_TOPIC='fraud-alerts', VALUE_FORMAT='JSON', PARTITIONS=2);

-- Rule 1
INSERT INTO fraud_alerts
  SELECT user_id, 'high value' AS rule, amount,
         CAST(NULL AS BIGINT) AS transactions, CAST(NULL AS ARRAY<STRING>) AS countries
  FROM transactions
  WHERE amount > 1000;

-- Rule 2
CREATE TABLE velocity AS
  SELECT user_id, COUNT(*) AS transactions
  FROM transactions
  WINDOW TUMBLING (SIZE 5 MINUTES)
  GROUP BY user_id;

INSERT INTO fraud_alerts
  SELECT user_id, 'high velocity' AS rule, CAST(NULL AS DOUBLE) AS amount,
         transactions, CAST(NULL AS ARRAY<STRING>) AS countries
  FROM CHANGES(velocity)
  WHERE transactions = 4;

-- Rule 3
CREATE TABLE countries_of_session AS
  SELECT user_id, COLLECT_SET(country) AS countries
  FROM transactions
  WINDOW SESSION (1 HOUR)
  GROUP BY user_id;

CREATE TABLE country_breaches WITH (KEY_FORMAT='JSON') AS
  SELECT user_id, WINDOWSTART AS session_start, countries, COUNT(*) AS seen
  FROM CHANGES(countries_of_session)
  WHERE ARRAY_LENGTH(countries) > 1
  GROUP BY user_id, WINDOWSTART, countries;

INSERT INTO fraud_alerts
  SELECT user_id, 'multiple countries' AS rule, CAST(NULL AS DOUBLE) AS amount,
         CAST(NULL AS BIGINT) AS transactions, countries
  FROM CHANGES(country_breaches)
  WHERE seen = 1
  PARTITION BY user_id;

INSERT INTO transactions (id, user_id, amount, country, happened_at) VALUES ('T1', 'U1', 50, 'US', '2024-03-01T10:00:00');
INSERT INTO transactions (id, user_id, amount, country, happened_at) VALUES ('T2', 'U1', 30, 'US', '2024-03-01T10:01:00');
INSERT INTO transactions (id, user_id, amount, country, happened_at) VALUES ('T3', 'U1', 40, 'US', '2024-03-01T10:02:00');
EXPECT TOPIC 'fraud-alerts';
-->

INSERT INTO transactions (id, user_id, amount, country, happened_at) VALUES ('T4', 'U1', 20, 'UK', '2024-03-01T10:03:00');
INSERT INTO transactions (id, user_id, amount, country, happened_at) VALUES ('T5', 'U2', 1500, 'US', '2024-03-01T10:04:00');
EXPECT TOPIC 'fraud-alerts';
--> {"key":"U1","value":{"RULE":"high velocity","AMOUNT":null,"TRANSACTIONS":4,"COUNTRIES":null},"timestamp":1709287380000}
--> {"key":"U1","value":{"RULE":"multiple countries","AMOUNT":null,"TRANSACTIONS":null,"COUNTRIES":["US","UK"]},"timestamp":1709287380000}
--> {"key":"U2","value":{"RULE":"high value","AMOUNT":1500.0,"TRANSACTIONS":null,"COUNTRIES":null},"timestamp":1709287440000}

-- More of the same tells nothing new: the fifth transaction in the window, the session's countries as before.
INSERT INTO transactions (id, user_id, amount, country, happened_at) VALUES ('T6', 'U1', 10, 'US', '2024-03-01T10:04:30');
EXPECT TOPIC 'fraud-alerts';
-->

-- The day after is another session, and another country.
INSERT INTO transactions (id, user_id, amount, country, happened_at) VALUES ('T7', 'U1', 10, 'FR', '2024-03-02T10:00:00');
EXPECT TOPIC 'fraud-alerts';
-->
INSERT INTO transactions (id, user_id, amount, country, happened_at) VALUES ('T8', 'U1', 10, 'DE', '2024-03-02T10:59:00');
EXPECT TOPIC 'fraud-alerts';
--> {"key":"U1","value":{"RULE":"multiple countries","AMOUNT":null,"TRANSACTIONS":null,"COUNTRIES":["FR","DE"]},"timestamp":1709377140000}
