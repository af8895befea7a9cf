CREATE TABLE results (auction BIGINT, bids BIGINT, total BIGINT, highest BIGINT, PRIMARY KEY (auction) NOT ENFORCED)
  WITH (@UPSERTED:results@);
INSERT INTO results SELECT auction, COUNT(*), SUM(price), MAX(price) FROM bids GROUP BY auction;
