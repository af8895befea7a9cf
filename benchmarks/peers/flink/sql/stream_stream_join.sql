CREATE TABLE results (bidder BIGINT, price BIGINT, seller BIGINT, category BIGINT)
  WITH (@APPENDED:results@);
INSERT INTO results SELECT b.bidder, b.price, a.seller, a.category
  FROM bids AS b JOIN auctions AS a ON b.auction = a.id
  AND b.ts BETWEEN a.ts - INTERVAL '10' MINUTE AND a.ts + INTERVAL '10' MINUTE;
