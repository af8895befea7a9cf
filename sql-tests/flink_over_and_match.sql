-- OVER: aggregates and ranks of the rows before each row.

--@test: frames, several windows, and windows with a name
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE events (k STRING, n INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) 
  WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO events VALUES
  ('a', 1, 10, TIMESTAMP '2024-01-01 00:00:01'),
  ('a', 2, 12, TIMESTAMP '2024-01-01 00:00:02'),
  ('a', 3, 15, TIMESTAMP '2024-01-01 00:00:03'),
  ('a', 4, 9, TIMESTAMP '2024-01-01 00:00:04'),
  ('a', 5, 8, TIMESTAMP '2024-01-01 00:00:05'),
  ('a', 6, 20, TIMESTAMP '2024-01-01 00:00:06');
SELECT n, SUM(v) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '2' SECOND PRECEDING AND CURRENT ROW) AS s, COUNT(*) OVER (ORDER BY ts) AS c FROM events;
--> [1,10,1]
--> [2,22,2]
--> [3,37,3]
--> [4,36,4]
--> [5,32,5]
--> [6,37,6]
SELECT n, FIRST_VALUE(v) OVER w AS f, LAST_VALUE(v) OVER w AS l, MAX(v) OVER w AS m, AVG(v) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS a
  FROM events WINDOW w AS (PARTITION BY k ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);
--> [1,10,10,10,10]
--> [2,10,12,12,11]
--> [3,12,15,15,12]
--> [4,15,9,15,12]
--> [5,9,8,9,10]
--> [6,8,20,20,12]
SELECT n, FIRST_VALUE(v) OVER w AS f, COUNT(DISTINCT v) FILTER (WHERE v > 9) OVER w AS c
  FROM events WINDOW w AS (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW);
--> [1,10,1]
--> [2,10,2]
--> [3,10,3]
--> [4,12,2]
--> [5,15,1]
--> [6,9,1]

--@test: LAG, and ranks by time
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE events (k STRING, n INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) 
  WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO events VALUES
  ('a', 1, 10, TIMESTAMP '2024-01-01 00:00:01'),
  ('a', 2, 12, TIMESTAMP '2024-01-01 00:00:02'),
  ('a', 3, 15, TIMESTAMP '2024-01-01 00:00:03'),
  ('a', 4, 9, TIMESTAMP '2024-01-01 00:00:04'),
  ('a', 5, 8, TIMESTAMP '2024-01-01 00:00:05'),
  ('a', 6, 20, TIMESTAMP '2024-01-01 00:00:06');
INSERT INTO events VALUES ('b', 7, 1, TIMESTAMP '2024-01-01 00:00:06'), ('b', 8, 2, TIMESTAMP '2024-01-01 00:00:06'), ('b', 9, NULL, TIMESTAMP '2024-01-01 00:00:07'), ('b', 10, 4, TIMESTAMP '2024-01-01 00:00:08');
SELECT n, v, LAG(v) OVER (PARTITION BY k ORDER BY ts) AS before, LAG(v, 2, -1) OVER (PARTITION BY k ORDER BY ts) AS two FROM events;
--> [1,10,null,-1]
--> [2,12,10,-1]
--> [3,15,12,10]
--> [4,9,15,12]
--> [5,8,9,15]
--> [6,20,8,9]
--> [7,1,null,-1]
--> [8,2,1,-1]
--> [9,null,2,1]
--> [10,4,null,2]
SELECT n, RANK() OVER (PARTITION BY k ORDER BY ts) AS r, DENSE_RANK() OVER (PARTITION BY k ORDER BY ts) AS d FROM events WHERE k = 'b';
--> [7,1,1]
--> [8,1,1]
--> [9,3,2]
--> [10,4,3]
SELECT n, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS place FROM events WHERE k = 'a';
--> [6,1]
--> [3,2]
--> [2,3]
--> [1,4]
--> [4,5]
--> [5,6]

--@test: what OVER cannot do
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE events (k STRING, n INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) 
  WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO events VALUES
  ('a', 1, 10, TIMESTAMP '2024-01-01 00:00:01'),
  ('a', 2, 12, TIMESTAMP '2024-01-01 00:00:02'),
  ('a', 3, 15, TIMESTAMP '2024-01-01 00:00:03'),
  ('a', 4, 9, TIMESTAMP '2024-01-01 00:00:04'),
  ('a', 5, 8, TIMESTAMP '2024-01-01 00:00:05'),
  ('a', 6, 20, TIMESTAMP '2024-01-01 00:00:06');
SELECT LEAD(v) OVER (PARTITION BY k ORDER BY ts) FROM events;
--! LEAD is not supported in stream mode
SELECT NTILE(2) OVER (PARTITION BY k ORDER BY ts) FROM events;
--! NTILE is not supported in stream mode
SELECT RANK() OVER (PARTITION BY k ORDER BY v) FROM events;
--! OVER windows' ordering in stream mode must be defined on a time attribute, ascending
SELECT LAG(v, n) OVER (PARTITION BY k ORDER BY ts) FROM events;
--! LAG goes back by a constant number of rows
SELECT SUM(v) OVER (ORDER BY ts ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) FROM events;
--! OVER RANGE FOLLOWING windows are not supported: the frame must end with CURRENT ROW
SELECT SUM(v) OVER w FROM events;
--! There is no window 'w'
SELECT SUM(v) OVER (PARTITION BY k) FROM events;
--! OVER windows' ordering in stream mode must be defined on a time attribute

--@test: MATCH_RECOGNIZE: quantifiers, measures, where to go on, how long
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE events (k STRING, n INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) 
  WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO events VALUES
  ('a', 1, 10, TIMESTAMP '2024-01-01 00:00:01'),
  ('a', 2, 12, TIMESTAMP '2024-01-01 00:00:02'),
  ('a', 3, 15, TIMESTAMP '2024-01-01 00:00:03'),
  ('a', 4, 9, TIMESTAMP '2024-01-01 00:00:04'),
  ('a', 5, 8, TIMESTAMP '2024-01-01 00:00:05'),
  ('a', 6, 20, TIMESTAMP '2024-01-01 00:00:06');
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.n AS a, LAST(B.n) AS b, FIRST(B.n, 1) AS b1, COUNT(B.v) AS c, SUM(B.v) AS s, C.n AS cn, MATCH_ROWTIME() AS t ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B+ C) DEFINE B AS B.v > A.v, C AS C.v < A.v);
--> ["a",1,3,3,2,27,4,"2024-01-01T00:00:04.000"]
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.n AS a, B.n AS b, C.n AS c PATTERN (A (B | C)) DEFINE A AS A.v > 9, B AS B.v > 12, C AS C.v < 10);
--! PATTERN: alternatives are not supported
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES FIRST(A.n) AS a, LAST(A.n) AS b AFTER MATCH SKIP TO NEXT ROW PATTERN (A{2,3}? B) DEFINE A AS A.v > 8, B AS B.v < 10);
--> ["a",1,3]
--> ["a",2,3]
--> ["a",3,4]
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES FIRST(A.n) AS a, LAST(B.n) AS b AFTER MATCH SKIP TO LAST B PATTERN ((A B){2}) DEFINE A AS TRUE, B AS TRUE);
--! PATTERN: a group cannot have a quantifier
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES FIRST(A.n) AS a, LAST(B.n) AS b AFTER MATCH SKIP TO FIRST B PATTERN (A+ B) WITHIN INTERVAL '3' SECOND DEFINE A AS A.v >= 10, B AS B.v < 10);
--> ["a",2,4]
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.n AS a ALL ROWS PER MATCH PATTERN (A B) DEFINE B AS B.v > A.v);
--! ALL ROWS PER MATCH is not supported
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.n AS a PATTERN (PERMUTE(A, B)) DEFINE B AS B.v > A.v);
--! Unexpected ,: expected '{', '?', '|', ')', '(', '*', '+' or a name
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.n AS a PATTERN (A B*? C) DEFINE C AS C.v < 10);
--> ["a",1]
--> ["a",2]
--> ["a",3]
--> ["a",4]
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.n AS a PATTERN (A {- B -} C) DEFINE C AS C.v < 10);
--! Unexpected -: expected a whole number or ','
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.n AS a, AVG(B.v) AS av, MIN(A.v + B.v) AS mi, COUNT(DISTINCT B.v) AS cd, PREV(A.v) AS pr PATTERN (A B? C) DEFINE C AS C.v < 10 AND PREV(C.v) > 8);
--! PREV and NEXT are not supported
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES FIRST(A.n) AS a, LAST(B.n) AS b AFTER MATCH SKIP TO B PATTERN (A B) DEFINE A AS TRUE, B AS B.v > A.v);
--> ["a",1,2]
--> ["a",2,3]
--> ["a",5,6]

--@test: patterns that are refused
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE events (k STRING, n INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) 
  WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO events VALUES
  ('a', 1, 10, TIMESTAMP '2024-01-01 00:00:01'),
  ('a', 2, 12, TIMESTAMP '2024-01-01 00:00:02'),
  ('a', 3, 15, TIMESTAMP '2024-01-01 00:00:03'),
  ('a', 4, 9, TIMESTAMP '2024-01-01 00:00:04'),
  ('a', 5, 8, TIMESTAMP '2024-01-01 00:00:05'),
  ('a', 6, 20, TIMESTAMP '2024-01-01 00:00:06');
SELECT * FROM events MATCH_RECOGNIZE (ORDER BY ts MEASURES A.n AS a PATTERN (A B*) DEFINE A AS TRUE);
--! PATTERN: a greedy quantifier cannot be the last
SELECT * FROM events MATCH_RECOGNIZE (ORDER BY ts MEASURES A.n AS a PATTERN (A B{1,2}) DEFINE A AS TRUE);
--! PATTERN: a greedy quantifier cannot be the last
SELECT * FROM events MATCH_RECOGNIZE (ORDER BY ts MEASURES A.n AS a PATTERN (A* B?) DEFINE A AS TRUE);
--! PATTERN: at least one variable must not be optional
SELECT * FROM events MATCH_RECOGNIZE (ORDER BY ts MEASURES A.n AS a PATTERN (A?? B) DEFINE A AS TRUE);
--! PATTERN: a variable that may be absent cannot be reluctant
SELECT * FROM events MATCH_RECOGNIZE (ORDER BY n MEASURES A.n AS a PATTERN (A B) DEFINE A AS TRUE);
--! You must specify either rowtime or proctime for order by as the first one, ascending
