CREATE TABLE results_0 (auction BIGINT, bidder BIGINT, price_euro BIGINT)
  WITH (@APPENDED:results-0@);
INSERT INTO results_0 SELECT auction, bidder, price * 908 / 1000 FROM bids WHERE price > 2000;
CREATE TABLE results_1 (auction BIGINT, bidder BIGINT, price_euro BIGINT)
  WITH (@APPENDED:results-1@);
INSERT INTO results_1 SELECT auction, bidder, price * 908 / 1000 FROM bids WHERE price > 4000;
CREATE TABLE results_2 (auction BIGINT, bidder BIGINT, price_euro BIGINT)
  WITH (@APPENDED:results-2@);
INSERT INTO results_2 SELECT auction, bidder, price * 908 / 1000 FROM bids WHERE price > 6000;
CREATE TABLE results_3 (auction BIGINT, bidder BIGINT, price_euro BIGINT)
  WITH (@APPENDED:results-3@);
INSERT INTO results_3 SELECT auction, bidder, price * 908 / 1000 FROM bids WHERE price > 8000;
CREATE TABLE results_4 (auction BIGINT, bids BIGINT, total BIGINT, highest BIGINT, PRIMARY KEY (auction) NOT ENFORCED)
  WITH (@UPSERTED:results-4@);
INSERT INTO results_4 SELECT auction, COUNT(*), SUM(price), MAX(price) FROM bids WHERE price > 0 GROUP BY auction;
CREATE TABLE results_5 (auction BIGINT, bids BIGINT, total BIGINT, highest BIGINT, PRIMARY KEY (auction) NOT ENFORCED)
  WITH (@UPSERTED:results-5@);
INSERT INTO results_5 SELECT auction, COUNT(*), SUM(price), MAX(price) FROM bids WHERE price > 1000 GROUP BY auction;
CREATE TABLE results_6 (auction BIGINT, bids BIGINT, total BIGINT, highest BIGINT, PRIMARY KEY (auction) NOT ENFORCED)
  WITH (@UPSERTED:results-6@);
INSERT INTO results_6 SELECT auction, COUNT(*), SUM(price), MAX(price) FROM bids WHERE price > 2000 GROUP BY auction;
CREATE TABLE results_7 (auction BIGINT, bids BIGINT, total BIGINT, highest BIGINT, PRIMARY KEY (auction) NOT ENFORCED)
  WITH (@UPSERTED:results-7@);
INSERT INTO results_7 SELECT auction, COUNT(*), SUM(price), MAX(price) FROM bids WHERE price > 3000 GROUP BY auction;
CREATE TABLE results_8 (auction BIGINT, window_start TIMESTAMP(3), bids BIGINT)
  WITH (@APPENDED:results-8@);
INSERT INTO results_8 SELECT auction, window_start, COUNT(*)
  FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY auction, window_start, window_end;
CREATE TABLE results_9 (auction BIGINT, window_start TIMESTAMP(3), bids BIGINT)
  WITH (@APPENDED:results-9@);
INSERT INTO results_9 SELECT auction, window_start, COUNT(*)
  FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '20' SECOND)) GROUP BY auction, window_start, window_end;
