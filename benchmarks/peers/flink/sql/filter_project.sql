CREATE TABLE results (auction BIGINT, bidder BIGINT, price_euro BIGINT)
  WITH (@APPENDED:results@);
INSERT INTO results SELECT auction, bidder, price * 908 / 1000 FROM bids WHERE price > 5000;
