-- Running count
--
-- The job: how many events each category has had so far, and what they are worth, always up to date and ready to be asked.
--
-- How: COUNT and SUM without a window: a table with one row per category. A push query watches it change, a
-- pull query asks for the row of one category. The events come keyed by something else, so grouping by category
-- first sends each event to the partition of its category.

--@test: a count per category
CREATE STREAM purchases (order_id INT KEY, category STRING, amount DECIMAL(8, 2))
  WITH (KAFKA_TOPIC='purchases', VALUE_FORMAT='JSON', PARTITIONS=3);

CREATE TABLE category_counts AS
  SELECT category, COUNT(*) AS purchases, SUM(amount) AS turnover
  FROM purchases
  GROUP BY category;

SELECT category, purchases FROM category_counts EMIT CHANGES;

INSERT INTO purchases (ROWTIME, order_id, category, amount) VALUES (1000, 1, 'books', 10.50);
INSERT INTO purchases (ROWTIME, order_id, category, amount) VALUES (2000, 2, 'toys', 5.00);
INSERT INTO purchases (ROWTIME, order_id, category, amount) VALUES (3000, 3, 'books', 7.25);
INSERT INTO purchases (ROWTIME, order_id, category, amount) VALUES (4000, 4, 'books', 0.25);

EXPECT ROWS;
--> ["books",1]
--> ["toys",1]
--> ["books",2]
--> ["books",3]

SELECT * FROM category_counts WHERE category = 'books';
--> ["books",3,18.00]

SELECT * FROM category_counts WHERE purchases < 3;
--> ["toys",1,5.00]

-- A purchase without a category belongs to no row.
INSERT INTO purchases (ROWTIME, order_id, amount) VALUES (5000, 5, 1.00);
EXPECT ROWS;
-->

-- The table survives a restart, and counting goes on.
RESTART;
INSERT INTO purchases (ROWTIME, order_id, category, amount) VALUES (6000, 6, 'toys', 20.00);
SELECT * FROM category_counts;
--> ["books",3,18.00]
--> ["toys",2,25.00]
