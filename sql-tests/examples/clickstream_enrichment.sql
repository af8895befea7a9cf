-- Clickstream enrichment
--
-- The job: each page view is given what is known of its user, and the search that the same user made within 1 second of
-- it, if there was one.
--
-- How: two joins, one after the other, all by the user's id. Stream with table: a view meets the profile as it is
-- at that moment; later changes of the profile leave earlier results alone. Stream with stream: a view and a search
-- meet if their times are at most 1 second apart, whichever comes first. The LEFT JOIN gives a view without a
-- search too, once it is certain that none can come any more: when the window and the grace period are over.

--@test: page views with profiles and searches
CREATE TABLE profiles (user_id INT PRIMARY KEY, name STRING, zip STRING, interests ARRAY<STRING>)
  WITH (KAFKA_TOPIC='profiles', VALUE_FORMAT='JSON');
CREATE STREAM page_views (user_id INT KEY, page STRING)
  WITH (KAFKA_TOPIC='page-views', VALUE_FORMAT='JSON');
CREATE STREAM searches (user_id INT KEY, terms STRING)
  WITH (KAFKA_TOPIC='searches', VALUE_FORMAT='JSON');

CREATE STREAM views_with_profile AS
  SELECT v.user_id AS user_id, v.page AS page, p.name AS name, p.zip AS zip, p.interests AS interests
  FROM page_views v
  LEFT JOIN profiles p ON v.user_id = p.user_id;

CREATE STREAM enriched_views WITH (KAFKA_TOPIC='enriched-views') AS
  SELECT v.user_id AS user_id, v.page AS page, v.name AS name, v.zip AS zip, v.interests AS interests, s.terms AS terms
  FROM views_with_profile v
  LEFT JOIN searches s WITHIN 1 SECOND GRACE PERIOD 2 SECONDS ON v.user_id = s.user_id;

INSERT INTO profiles (ROWTIME, user_id, name, zip, interests) VALUES (1, 1, 'Ann', '94301', ARRAY['surfing', 'hiking']);
INSERT INTO profiles (ROWTIME, user_id, name, zip, interests) VALUES (1, 2, 'Bob', '94302', ARRAY['ski']);

-- Ann searches, and looks at a page 900 ms later; Bob's search comes just after his view.
INSERT INTO searches (ROWTIME, user_id, terms) VALUES (10000, 1, 'wetsuit');
INSERT INTO page_views (ROWTIME, user_id, page) VALUES (10900, 1, '/wetsuits');
INSERT INTO page_views (ROWTIME, user_id, page) VALUES (11000, 2, '/boots');
INSERT INTO searches (ROWTIME, user_id, terms) VALUES (11500, 2, 'ski boots');
EXPECT TOPIC 'enriched-views';
--> {"key":1,"value":{"PAGE":"/wetsuits","NAME":"Ann","ZIP":"94301","INTERESTS":["surfing","hiking"],"TERMS":"wetsuit"},"timestamp":10900}
--> {"key":2,"value":{"PAGE":"/boots","NAME":"Bob","ZIP":"94302","INTERESTS":["ski"],"TERMS":"ski boots"},"timestamp":11500}

-- Ann moves. Her next view has the new address; it comes 1.1 seconds after her last search, too late for it.
-- A user without a profile is let through.
INSERT INTO profiles (ROWTIME, user_id, name, zip, interests) VALUES (12000, 1, 'Ann', '10001', ARRAY['surfing']);
INSERT INTO searches (ROWTIME, user_id, terms) VALUES (12000, 1, 'boards');
INSERT INTO page_views (ROWTIME, user_id, page) VALUES (13100, 1, '/boards');
INSERT INTO page_views (ROWTIME, user_id, page) VALUES (13200, 3, '/start');
EXPECT TOPIC 'enriched-views';
-->

-- Time goes on: both views are now known to have no search.
INSERT INTO page_views (ROWTIME, user_id, page) VALUES (20000, 2, '/lifts');
INSERT INTO searches (ROWTIME, user_id, terms) VALUES (20400, 2, 'lift tickets');
EXPECT TOPIC 'enriched-views';
--> {"key":1,"value":{"PAGE":"/boards","NAME":"Ann","ZIP":"10001","INTERESTS":["surfing"],"TERMS":null},"timestamp":13100}
--> {"key":3,"value":{"PAGE":"/start","NAME":null,"ZIP":null,"INTERESTS":null,"TERMS":null},"timestamp":13200}
--> {"key":2,"value":{"PAGE":"/lifts","NAME":"Bob","ZIP":"94302","INTERESTS":["ski"],"TERMS":"lift tickets"},"timestamp":20400}
