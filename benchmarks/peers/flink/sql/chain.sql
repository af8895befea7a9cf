CREATE TABLE results (bids BIGINT, auctions BIGINT, total BIGINT, PRIMARY KEY (bids) NOT ENFORCED)
  WITH (@UPSERTED:results@);
INSERT INTO results SELECT bids, COUNT(*), SUM(total)
  FROM (SELECT auction, COUNT(*) AS bids, SUM(price) AS total FROM bids GROUP BY auction) GROUP BY bids;
