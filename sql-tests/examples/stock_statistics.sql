-- Stock statistics
--
-- The job: for each ticker, over the last 5 seconds and renewed every second: the lowest ask price, the number of
-- trades, and the average ask price.
--
-- How: a hopping window of 5 seconds that advances by 1 second. Windows overlap, so each trade counts in five of
-- them. A trade that comes late still counts in its windows, until they have been over for the grace period.

--@test: lowest and average ask price over five seconds, every second
CREATE STREAM trades (ticker STRING KEY, ask_price DOUBLE, size INT)
  WITH (KAFKA_TOPIC='trades', VALUE_FORMAT='JSON');

CREATE TABLE stock_statistics AS
  SELECT ticker,
         MIN(ask_price) AS lowest_ask,
         COUNT(*) AS trades,
         AVG(ask_price) AS average_ask
  FROM trades
  WINDOW HOPPING (SIZE 5 SECONDS, ADVANCE BY 1 SECOND, GRACE PERIOD 10 SECONDS)
  GROUP BY ticker;

INSERT INTO trades (ROWTIME, ticker, ask_price, size) VALUES (10200, 'ACME', 100.0, 10);
INSERT INTO trades (ROWTIME, ticker, ask_price, size) VALUES (11900, 'ACME', 98.0, 5);
INSERT INTO trades (ROWTIME, ticker, ask_price, size) VALUES (12000, 'INIT', 41.5, 1);
INSERT INTO trades (ROWTIME, ticker, ask_price, size) VALUES (14100, 'ACME', 102.0, 7);

-- All windows of one ticker: the price of 98 is the lowest as long as the window reaches it.
SELECT * FROM stock_statistics WHERE ticker = 'ACME';
--> ["ACME",6000,11000,100.0,1,100.0]
--> ["ACME",7000,12000,98.0,2,99.0]
--> ["ACME",8000,13000,98.0,2,99.0]
--> ["ACME",9000,14000,98.0,2,99.0]
--> ["ACME",10000,15000,98.0,3,100.0]
--> ["ACME",11000,16000,98.0,2,100.0]
--> ["ACME",12000,17000,102.0,1,102.0]
--> ["ACME",13000,18000,102.0,1,102.0]
--> ["ACME",14000,19000,102.0,1,102.0]

-- One window.
SELECT ticker, lowest_ask, trades, average_ask FROM stock_statistics WHERE ticker = 'ACME' AND WINDOWSTART = 10000;
--> ["ACME",98.0,3,100.0]

-- A trade from 10.5 seconds comes late. Five windows take it in; only they change.
INSERT INTO trades (ROWTIME, ticker, ask_price, size) VALUES (10500, 'ACME', 96.0, 3);
SELECT * FROM stock_statistics WHERE ticker = 'ACME' AND WINDOWSTART >= 9000 AND WINDOWSTART <= 11000;
--> ["ACME",9000,14000,96.0,3,98.0]
--> ["ACME",10000,15000,96.0,4,99.0]
--> ["ACME",11000,16000,98.0,2,100.0]

-- At 25 seconds the windows that ended by 15 seconds are closed. A trade of 11 seconds now counts only in the one
-- of its windows that is still open.
INSERT INTO trades (ROWTIME, ticker, ask_price, size) VALUES (25000, 'INIT', 42.5, 1);
INSERT INTO trades (ROWTIME, ticker, ask_price, size) VALUES (11000, 'ACME', 1.0, 1);
SELECT * FROM stock_statistics WHERE ticker = 'ACME' AND WINDOWSTART >= 9000 AND WINDOWSTART <= 11000;
--> ["ACME",9000,14000,96.0,3,98.0]
--> ["ACME",10000,15000,96.0,4,99.0]
--> ["ACME",11000,16000,1.0,3,67.0]

SELECT * FROM stock_statistics WHERE ticker = 'INIT' AND WINDOWSTART >= 12000;
--> ["INIT",12000,17000,41.5,1,41.5]
--> ["INIT",21000,26000,42.5,1,42.5]
--> ["INIT",22000,27000,42.5,1,42.5]
--> ["INIT",23000,28000,42.5,1,42.5]
--> ["INIT",24000,29000,42.5,1,42.5]
--> ["INIT",25000,30000,42.5,1,42.5]

--@test: one result per window, when it is over
-- RETENTION says how long windows are kept. With the cache off, a window must still be kept when it is to be given, and
-- after a pause in the trades many close at once.
CREATE STREAM trades (ticker STRING KEY, ask_price DOUBLE)
  WITH (KAFKA_TOPIC='trades', VALUE_FORMAT='JSON');

CREATE TABLE stock_statistics AS
  SELECT ticker, MIN(ask_price) AS lowest_ask, COUNT(*) AS trades, AVG(ask_price) AS average_ask
  FROM trades
  WINDOW HOPPING (SIZE 5 SECONDS, ADVANCE BY 1 SECOND, RETENTION 1 MINUTE, GRACE PERIOD 0 SECONDS)
  GROUP BY ticker
  EMIT FINAL;

INSERT INTO trades (ROWTIME, ticker, ask_price) VALUES (10200, 'ACME', 100.0);
INSERT INTO trades (ROWTIME, ticker, ask_price) VALUES (11900, 'ACME', 98.0);
INSERT INTO trades (ROWTIME, ticker, ask_price) VALUES (16500, 'ACME', 102.0);
EXPECT TOPIC STOCK_STATISTICS;
--> {"window":{"start":6000,"end":11000,"type":"time"},"key":"ACME","value":{"LOWEST_ASK":100.0,"TRADES":1,"AVERAGE_ASK":100.0},"timestamp":10200}
--> {"window":{"start":7000,"end":12000,"type":"time"},"key":"ACME","value":{"LOWEST_ASK":98.0,"TRADES":2,"AVERAGE_ASK":99.0},"timestamp":11900}
--> {"window":{"start":8000,"end":13000,"type":"time"},"key":"ACME","value":{"LOWEST_ASK":98.0,"TRADES":2,"AVERAGE_ASK":99.0},"timestamp":11900}
--> {"window":{"start":9000,"end":14000,"type":"time"},"key":"ACME","value":{"LOWEST_ASK":98.0,"TRADES":2,"AVERAGE_ASK":99.0},"timestamp":11900}
--> {"window":{"start":10000,"end":15000,"type":"time"},"key":"ACME","value":{"LOWEST_ASK":98.0,"TRADES":2,"AVERAGE_ASK":99.0},"timestamp":11900}
--> {"window":{"start":11000,"end":16000,"type":"time"},"key":"ACME","value":{"LOWEST_ASK":98.0,"TRADES":1,"AVERAGE_ASK":98.0},"timestamp":11900}
