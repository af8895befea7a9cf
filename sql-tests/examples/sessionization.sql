-- Sessionization
--
-- The job: the clicks of each user are put into sessions. A session ends when its user does nothing for 30 minutes. Of
-- each session: its start, its end, the number of clicks, and the pages in the order in which they came.
--
-- How: a session window with a gap of 30 minutes. A click extends the session it falls into; one that comes late may
-- join two sessions to one, and then the records of both are deleted and one of the whole is written.

--@test: sessions with a gap of 30 minutes
CREATE STREAM clicks (user_id STRING KEY, page STRING)
  WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');

CREATE TABLE sessions AS
  SELECT user_id,
         FORMAT_TIMESTAMP(FROM_UNIXTIME(WINDOWSTART), 'HH:mm') AS started,
         FORMAT_TIMESTAMP(FROM_UNIXTIME(WINDOWEND), 'HH:mm') AS ended,
         COUNT(*) AS clicks,
         COLLECT_LIST(page) AS pages
  FROM clicks
  WINDOW SESSION (30 MINUTES)
  GROUP BY user_id;

-- Ann at 08:00, 08:10 and 08:40; then at 09:11, after 31 minutes. Bob has sessions of his own.
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (28800000, 'ann', '/home');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (29000000, 'bob', '/home');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (29400000, 'ann', '/shoes');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (31200000, 'ann', '/cart');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (33060000, 'ann', '/home');
SELECT user_id, started, ended, clicks, pages FROM sessions WHERE user_id = 'ann';
--> ["ann","08:00","08:40",3,["/home","/shoes","/cart"]]
--> ["ann","09:11","09:11",1,["/home"]]
SELECT user_id, WINDOWSTART, WINDOWEND, clicks FROM sessions WHERE user_id = 'bob';
--> ["bob",29000000,29000000,1]
EXPECT TOPIC SESSIONS;
--> {"window":{"start":28800000,"end":28800000,"type":"session"},"key":"ann","value":{"STARTED":"08:00","ENDED":"08:00","CLICKS":1,"PAGES":["/home"]},"timestamp":28800000}
--> {"window":{"start":29000000,"end":29000000,"type":"session"},"key":"bob","value":{"STARTED":"08:03","ENDED":"08:03","CLICKS":1,"PAGES":["/home"]},"timestamp":29000000}
--> {"window":{"start":28800000,"end":28800000,"type":"session"},"key":"ann","value":null,"timestamp":28800000}
--> {"window":{"start":28800000,"end":29400000,"type":"session"},"key":"ann","value":{"STARTED":"08:00","ENDED":"08:10","CLICKS":2,"PAGES":["/home","/shoes"]},"timestamp":29400000}
--> {"window":{"start":28800000,"end":29400000,"type":"session"},"key":"ann","value":null,"timestamp":29400000}
--> {"window":{"start":28800000,"end":31200000,"type":"session"},"key":"ann","value":{"STARTED":"08:00","ENDED":"08:40","CLICKS":3,"PAGES":["/home","/shoes","/cart"]},"timestamp":31200000}
--> {"window":{"start":33060000,"end":33060000,"type":"session"},"key":"ann","value":{"STARTED":"09:11","ENDED":"09:11","CLICKS":1,"PAGES":["/home"]},"timestamp":33060000}

-- A click at 08:55 comes late: it joins both sessions.
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (32100000, 'ann', '/pay');
EXPECT TOPIC SESSIONS;
--> {"window":{"start":28800000,"end":31200000,"type":"session"},"key":"ann","value":null,"timestamp":31200000}
--> {"window":{"start":33060000,"end":33060000,"type":"session"},"key":"ann","value":null,"timestamp":33060000}
--> {"window":{"start":28800000,"end":33060000,"type":"session"},"key":"ann","value":{"STARTED":"08:00","ENDED":"09:11","CLICKS":5,"PAGES":["/home","/shoes","/cart","/home","/pay"]},"timestamp":33060000}
SELECT user_id, started, ended, clicks FROM sessions WHERE user_id = 'ann';
--> ["ann","08:00","09:11",5]

--@test: each session once, when it is over
CREATE STREAM clicks (user_id STRING KEY, page STRING)
  WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');
CREATE TABLE sessions AS
  SELECT user_id, COUNT(*) AS clicks, COLLECT_LIST(page) AS pages
  FROM clicks
  WINDOW SESSION (30 MINUTES, GRACE PERIOD 0 SECONDS)
  GROUP BY user_id
  EMIT FINAL;
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (28800000, 'ann', '/home');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (29400000, 'ann', '/shoes');
EXPECT TOPIC SESSIONS;
-->
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (36000000, 'bob', '/home');
EXPECT TOPIC SESSIONS;
--> {"window":{"start":28800000,"end":29400000,"type":"session"},"key":"ann","value":{"CLICKS":2,"PAGES":["/home","/shoes"]},"timestamp":29400000}
