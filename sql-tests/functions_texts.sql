-- Functions of texts: regular expressions in Java's language, parts, and what becomes of malformed arguments.

--@test: regular expressions find, take apart and replace
CREATE STREAM lines (id INT KEY, line STRING) WITH (KAFKA_TOPIC='lines', VALUE_FORMAT='JSON');
CREATE STREAM found AS SELECT id, REGEXP_EXTRACT('(?<user>\w+)@(\w+)', line, 2) AS host,
  REGEXP_EXTRACT_ALL('[a-z&&[^aeiou]]+', line) AS consonants, REGEXP_REPLACE(line, '(\w+)@(?<host>\w+)', '${host}:$1') AS turned,
  REGEXP_SPLIT_TO_ARRAY(line, '[@.]') AS parts FROM lines;
INSERT INTO lines VALUES (1, 'ann@sea.net');
INSERT INTO lines VALUES (2, 'nobody');
INSERT INTO lines VALUES (3, NULL);
EXPECT TOPIC FOUND;
--> {"key":1,"value":{"HOST":"sea","CONSONANTS":["nn","s","n","t"],"TURNED":"sea:ann.net","PARTS":["ann","sea","net"]},"timestamp":1000}
--> {"key":2,"value":{"HOST":null,"CONSONANTS":["n","b","dy"],"TURNED":"nobody","PARTS":["nobody"]},"timestamp":1000}
--> {"key":3,"value":{"HOST":null,"CONSONANTS":null,"TURNED":null,"PARTS":null},"timestamp":1000}

--@test: a malformed expression hurts its row only
CREATE STREAM searches (id INT KEY, pattern STRING) WITH (KAFKA_TOPIC='searches', VALUE_FORMAT='JSON');
CREATE STREAM found AS SELECT id, REGEXP_EXTRACT(pattern, 'aab') AS r FROM searches;
INSERT INTO searches VALUES (1, 'a+');
INSERT INTO searches VALUES (2, '(a');
INSERT INTO searches VALUES (3, '\p{Lower}{3}');
EXPECT TOPIC FOUND;
--> {"key":1,"value":{"R":"aa"},"timestamp":1000}
--> {"key":2,"value":{"R":null},"timestamp":1000}
--> {"key":3,"value":{"R":"aab"},"timestamp":1000}

--@test: parts of URLs
CREATE STREAM visits (id INT KEY, url STRING) WITH (KAFKA_TOPIC='visits', VALUE_FORMAT='JSON');
CREATE STREAM parts AS SELECT id, URL_EXTRACT_HOST(url) AS host, URL_EXTRACT_PORT(url) AS port,
  URL_EXTRACT_PARAMETER(url, 'q') AS q FROM visits;
INSERT INTO visits VALUES (1, 'https://sea.net:8443/find?q=blue%20whale&p=2#top');
INSERT INTO visits VALUES (2, 'not a url');
INSERT INTO visits VALUES (3, 'https://under_score.net/?q=1+2');
EXPECT TOPIC PARTS;
--> {"key":1,"value":{"HOST":"sea.net","PORT":8443,"Q":"blue whale"},"timestamp":1000}
--> {"key":2,"value":{"HOST":null,"PORT":null,"Q":null},"timestamp":1000}
--> {"key":3,"value":{"HOST":null,"PORT":null,"Q":"1+2"},"timestamp":1000}

--@test: functions say how they can be called
CREATE STREAM lines (id INT KEY, line STRING) WITH (KAFKA_TOPIC='lines', VALUE_FORMAT='JSON');
SELECT REPLACE(line, 'a') FROM lines EMIT CHANGES;
--! It can be called as REPLACE(STRING, STRING, STRING) -> STRING.
SELECT UPPER(line) FROM lines EMIT CHANGES;
--! There is no function called 'UPPER'.
