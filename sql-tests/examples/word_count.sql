-- Word count
--
-- The job: lines of text flow in; a table always holds how often each word has occurred so far.
--
-- How: a line becomes an array of words (lower case, split at everything that is no letter), EXPLODE makes one record of
-- each element, and a second query counts per word. A line that begins or ends with a separator gives an empty
-- word, which the counting query leaves out.
--
-- tests/integration/word_count_test.py runs these statements over the text of the GPL and compares every count with
-- what tr, sort and uniq give.

--@test: every word of a text is counted
CREATE STREAM lines (line STRING) WITH (KAFKA_TOPIC='lines', VALUE_FORMAT='KAFKA');

CREATE STREAM words AS
  SELECT EXPLODE(REGEXP_SPLIT_TO_ARRAY(LCASE(line), '[^a-z]+')) AS word
  FROM lines;

CREATE TABLE word_counts AS
  SELECT word, COUNT(*) AS occurrences
  FROM words
  WHERE word <> ''
  GROUP BY word;

PRODUCE TO lines VALUE 'Everyone is permitted to copy' TIMESTAMP 1000;
PRODUCE TO lines VALUE '  and to distribute copies: "copy", as' TIMESTAMP 2000;
PRODUCE TO lines VALUE '' TIMESTAMP 3000;
PRODUCE TO lines VALUE 'To copy is permitted.' TIMESTAMP 4000;

-- Every change of the table is in its topic: the counts rise one by one.
EXPECT TOPIC WORD_COUNTS;
--> {"key":"everyone","value":1,"timestamp":1000}
--> {"key":"is","value":1,"timestamp":1000}
--> {"key":"permitted","value":1,"timestamp":1000}
--> {"key":"to","value":1,"timestamp":1000}
--> {"key":"copy","value":1,"timestamp":1000}
--> {"key":"and","value":1,"timestamp":2000}
--> {"key":"to","value":2,"timestamp":2000}
--> {"key":"distribute","value":1,"timestamp":2000}
--> {"key":"copies","value":1,"timestamp":2000}
--> {"key":"copy","value":2,"timestamp":2000}
--> {"key":"as","value":1,"timestamp":2000}
--> {"key":"to","value":3,"timestamp":4000}
--> {"key":"copy","value":3,"timestamp":4000}
--> {"key":"is","value":2,"timestamp":4000}
--> {"key":"permitted","value":2,"timestamp":4000}

SELECT * FROM word_counts;
--> ["and",1]
--> ["as",1]
--> ["copies",1]
--> ["copy",3]
--> ["distribute",1]
--> ["everyone",1]
--> ["is",2]
--> ["permitted",2]
--> ["to",3]

SELECT occurrences FROM word_counts WHERE word = 'copy';
--> [3]

SELECT * FROM word_counts WHERE word = '';
-->
