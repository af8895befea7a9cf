package peer;

/** The records of the benchmark's topics and of the results. */
final class Rows {
    private Rows() {}

    /** Only what some workload reads of a bid. */
    static final class Bid {
        public long auction;
        public long bidder;
        public long price;
        public long dateTime;
    }

    static final class Auction {
        public long seller;
        public long category;
    }

    record ExpensiveBid(long auction, long bidder, long price_euro) {}

    /** A record of the latency benchmark: when it was appended, in microseconds. */
    static final class Sent {
        public long auction;
        public long sent;
    }

    /** The last one of a key. */
    static final class LastSent {
        public long bids;
        public long sent;

        LastSent add(Sent record) {
            bids++;
            sent = Math.max(sent, record.sent);
            return this;
        }
    }

    static final class Totals {
        public long bids;
        public long total;
        public long highest;

        Totals add(Bid bid) {
            bids++;
            total += bid.price;
            highest = Math.max(highest, bid.price);
            return this;
        }
    }

    record Count(long bids) {}

    record PricedBid(long bidder, long price, long seller, long category) {}

    /** How many auctions have so many bids, and what all of these bids come to. */
    static final class Bucket {
        public long auctions;
        public long total;

        Bucket add(Totals t) {
            auctions++;
            total += t.total;
            return this;
        }

        Bucket subtract(Totals t) {
            auctions--;
            total -= t.total;
            return this;
        }
    }
}
