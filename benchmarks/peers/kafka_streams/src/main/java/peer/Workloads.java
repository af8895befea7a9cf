package peer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** One topology, or for ten queries ten of them, for each workload. */
final class Workloads {
    private static final Serde<String> KEY = Serdes.String();
    /** The topic of bids, and whether it and the results are in AVRO. */
    private static final String BIDS = System.getProperty("bids", "bids");
    private static final boolean AVRO = Boolean.getBoolean("avro");
    private static final Serde<Rows.Bid> BID =
        AVRO ? Avro.of(Avro::readBid, Avro::neverWritten) : Json.of(Rows.Bid.class);
    private static final Serde<Rows.Auction> AUCTION = Json.of(Rows.Auction.class);
    private static final Serde<Rows.Totals> TOTALS =
        AVRO ? Avro.of(Avro::readTotals, Avro::writeTotals) : Json.of(Rows.Totals.class);
    private static final Serde<Rows.Count> COUNT = AVRO
        ? Avro.of(Avro::neverRead, (count, to) -> to.writeLong(count.bids())) : Json.of(Rows.Count.class);
    private static final Serde<Rows.Bucket> BUCKET = Json.of(Rows.Bucket.class);
    private static final Serde<Rows.PricedBid> PRICED = Json.of(Rows.PricedBid.class);
    private static final Serde<Rows.ExpensiveBid> EXPENSIVE =
        AVRO ? Avro.of(Avro::neverRead, Avro::writeExpensive) : Json.of(Rows.ExpensiveBid.class);
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    private static final Duration NONE = Duration.ZERO;

    private static final TimestampExtractor BID_TIME =
        (record, partitionTime) -> ((Rows.Bid) record.value()).dateTime;

    private static final Map<String, BiConsumer<StreamsBuilder, String>> ONE_QUERY = Map.of(
        "filter_project", Workloads::filterProject,
        "aggregate", (b, out) -> aggregate(b, BIDS, out),
        "many_keys", (b, out) -> aggregate(b, "bids-many-keys", out),
        "tumbling", Workloads::tumbling,
        "hopping", Workloads::hopping,
        "session", Workloads::session,
        "stream_table_join", Workloads::streamTableJoin,
        "stream_stream_join", Workloads::streamStreamJoin,
        "chain", Workloads::chain,
        "latency", Workloads::latency);

    private Workloads() {}

    /** The topologies of a workload; they write topics whose names begin with {@code prefix}. */
    static List<Topology> of(String workload, String prefix) {
        List<Topology> all = new ArrayList<>();
        if (workload.equals("ten_queries")) {
            for (int i = 0; i < 10; i++) {
                all.add(tenth(i, prefix + "results-" + i));
            }
            return all;
        }
        StreamsBuilder builder = new StreamsBuilder();
        ONE_QUERY.get(workload).accept(builder, prefix + "results");
        all.add(builder.build());
        return all;
    }

    /** Of ten queries: four filters, four aggregates, two windows. */
    private static Topology tenth(int i, String out) {
        StreamsBuilder builder = new StreamsBuilder();
        if (i < 4) {
            bids(builder, BIDS).filter((id, bid) -> bid.price > 2000L * (i + 1))
                .mapValues(bid -> new Rows.ExpensiveBid(bid.auction, bid.bidder, bid.price * 908 / 1000))
                .to(out, Produced.with(KEY, EXPENSIVE));
        } else if (i < 8) {
            aggregate(bids(builder, BIDS).filter((id, bid) -> bid.price > 1000L * (i - 4)), out);
        } else {
            count(bids(builder, BIDS), TimeWindows.ofSizeAndGrace(Duration.ofSeconds(10L * (i - 7)), NONE), out);
        }
        return builder.build();
    }

    private static KStream<String, Rows.Bid> bids(StreamsBuilder builder, String topic) {
        return builder.stream(topic, Consumed.with(KEY, BID).withTimestampExtractor(BID_TIME));
    }

    private static KGroupedStream<String, Rows.Bid> byKey(KStream<String, Rows.Bid> bids) {
        return bids.groupByKey(Grouped.with(KEY, BID));
    }

    private static void filterProject(StreamsBuilder builder, String out) {
        bids(builder, BIDS).filter((id, bid) -> bid.price > 5000)
            .mapValues(bid -> new Rows.ExpensiveBid(bid.auction, bid.bidder, bid.price * 908 / 1000))
            .to(out, Produced.with(KEY, EXPENSIVE));
    }

    private static KTable<String, Rows.Totals> totals(KStream<String, Rows.Bid> bids) {
        return byKey(bids).aggregate(Rows.Totals::new, (id, bid, totals) -> totals.add(bid),
            Materialized.with(KEY, TOTALS));
    }

    private static void aggregate(KStream<String, Rows.Bid> bids, String out) {
        totals(bids).toStream().to(out, Produced.with(KEY, TOTALS));
    }

    private static void aggregate(StreamsBuilder builder, String topic, String out) {
        aggregate(bids(builder, topic), out);
    }

    private static void count(KStream<String, Rows.Bid> bids, TimeWindows windows, String out) {
        byKey(bids).windowedBy(windows).count(Materialized.with(KEY, Serdes.Long()))
            .toStream().mapValues(Rows.Count::new)
            .to(out, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, windows.size()), COUNT));
    }

    private static void tumbling(StreamsBuilder builder, String out) {
        count(bids(builder, BIDS), TimeWindows.ofSizeAndGrace(TEN_SECONDS, NONE), out);
    }

    private static void hopping(StreamsBuilder builder, String out) {
        count(bids(builder, BIDS),
            TimeWindows.ofSizeAndGrace(TEN_SECONDS, NONE).advanceBy(Duration.ofSeconds(1)), out);
    }

    private static void session(StreamsBuilder builder, String out) {
        byKey(bids(builder, "bids-sessions"))
            .windowedBy(SessionWindows.ofInactivityGapAndGrace(TEN_SECONDS, NONE))
            .count(Materialized.with(KEY, Serdes.Long()))
            .toStream().mapValues(n -> n == null ? null : new Rows.Count(n))
            .to(out, Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class), COUNT));
    }

    private static Rows.PricedBid price(Rows.Bid bid, Rows.Auction auction) {
        return new Rows.PricedBid(bid.bidder, bid.price, auction.seller, auction.category);
    }

    private static void streamTableJoin(StreamsBuilder builder, String out) {
        KTable<String, Rows.Auction> auctions = builder.table("auctions-table", Consumed.with(KEY, AUCTION));
        bids(builder, BIDS).join(auctions, Workloads::price, Joined.with(KEY, BID, AUCTION))
            .to(out, Produced.with(KEY, PRICED));
    }

    private static void streamStreamJoin(StreamsBuilder builder, String out) {
        KStream<String, Rows.Auction> auctions = builder.stream("auctions", Consumed.with(KEY, AUCTION));
        bids(builder, BIDS).join(auctions, Workloads::price,
                JoinWindows.ofTimeDifferenceAndGrace(Duration.ofMinutes(10), NONE),
                StreamJoined.with(KEY, BID, AUCTION))
            .to(out, Produced.with(KEY, PRICED));
    }

    private static void chain(StreamsBuilder builder, String out) {
        Serde<Long> number = Serdes.Long();
        totals(bids(builder, BIDS))
            .groupBy((id, t) -> KeyValue.pair(t.bids, t), Grouped.with(number, TOTALS))
            .aggregate(Rows.Bucket::new, (n, t, bucket) -> bucket.add(t), (n, t, bucket) -> bucket.subtract(t),
                Materialized.with(number, BUCKET))
            .toStream().to(out, Produced.with(number, BUCKET));
    }

    /** Every record at once, and what the records of each key come to. */
    private static void latency(StreamsBuilder builder, String out) {
        Serde<Rows.Sent> sent = Json.of(Rows.Sent.class);
        Serde<Rows.LastSent> last = Json.of(Rows.LastSent.class);
        KStream<String, Rows.Sent> records = builder.stream("latency-bids", Consumed.with(KEY, sent));
        records.to(out, Produced.with(KEY, sent));
        records.groupByKey(Grouped.with(KEY, sent))
            .aggregate(Rows.LastSent::new, (id, record, totals) -> totals.add(record), Materialized.with(KEY, last))
            .toStream().to(out.replace("results", "last"), Produced.with(KEY, last));
    }
}
