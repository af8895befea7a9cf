CREATE TABLE results (auction BIGINT, window_start TIMESTAMP(3), bids BIGINT)
  WITH (@APPENDED:results@);
INSERT INTO results SELECT auction, window_start, COUNT(*)
  FROM TABLE(SESSION(TABLE bids_sessions PARTITION BY auction, DESCRIPTOR(ts), INTERVAL '10' SECOND))
  GROUP BY auction, window_start, window_end;
