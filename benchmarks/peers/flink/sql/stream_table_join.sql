CREATE TABLE results (bidder BIGINT, price BIGINT, seller BIGINT, category BIGINT)
  WITH (@APPENDED:results@);
INSERT INTO results SELECT b.bidder, b.price, a.seller, a.category
  FROM bids AS b JOIN auctions_table FOR SYSTEM_TIME AS OF b.ts AS a ON CAST(b.auction AS STRING) = a.id;
