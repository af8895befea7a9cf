package sluice.streams;

import static sluice.streams.Rows.get;
import static sluice.streams.Rows.number;
import static sluice.streams.Rows.text;
import static sluice.streams.Shape.Compared.BAG;
import static sluice.streams.Shape.Compared.KEYS;
import static sluice.streams.Shape.Compared.RECORDS;
import static sluice.streams.Shape.Compared.STATE;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
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
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;

/** The queries that are compared. */
final class Shapes {
    private static final Duration SIZE = Duration.ofSeconds(10);
    private static final Duration PANE = Duration.ofSeconds(2); // SIZE is some of them: windows share panes
    private static final Duration ADVANCE = Duration.ofSeconds(3); // and here they cannot
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final String COLUMNS = "COUNT(*) AS n, SUM(v) AS total, MAX(d) AS top";
    private static final String WITH = " WITH (KAFKA_TOPIC='{o}', PARTITIONS={p}) AS SELECT ";

    static List<Shape> all() {
        List<Shape> shapes = new ArrayList<>();
        addStateless(shapes);
        addAggregates(shapes);
        addJoins(shapes);
        addTables(shapes);
        return shapes;
    }

    // ---- parts of topologies ----

    private static KStream<String, Map<String, Object>> stream(StreamsBuilder builder, String topic) {
        return builder.stream(topic, Consumed.with(Serdes.String(), Rows.SERDE));
    }

    private static KTable<String, Map<String, Object>> table(StreamsBuilder builder, String topic) {
        return builder.table(topic, Consumed.with(Serdes.String(), Rows.SERDE), Materialized.with(Serdes.String(), Rows.SERDE));
    }

    private static void write(KStream<String, Map<String, Object>> results, String topic) {
        results.to(topic, Produced.with(Serdes.String(), Rows.SERDE));
    }

    private static void writeWindows(KTable<Windowed<String>, Map<String, Object>> results, String topic) {
        results.toStream().to(topic,
                Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, SIZE.toMillis()), Rows.SERDE));
    }

    private static void writeSessions(KTable<Windowed<String>, Map<String, Object>> results, String topic) {
        results.toStream().to(topic, Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class), Rows.SERDE));
    }

    private static KGroupedStream<String, Map<String, Object>> byKey(StreamsBuilder builder, String topic) {
        return stream(builder, topic).filter((k, row) -> row != null).groupByKey(Grouped.with(Serdes.String(), Rows.SERDE));
    }

    // ---- COUNT(*), SUM(v), MAX(d) ----

    private static Map<String, Object> nothing() {
        return Rows.of("N", 0L, "TOTAL", 0L, "TOP", null);
    }

    private static long orZero(Long value) {
        return value == null ? 0 : value;
    }

    private static Object larger(Object a, Object b) {
        return a == null || (b != null && (Double) b > (Double) a) ? b : a;
    }

    private static Map<String, Object> add(String key, Map<String, Object> row, Map<String, Object> sum) {
        return Rows.of("N", number(sum, "N") + 1, "TOTAL", number(sum, "TOTAL") + orZero(number(row, "V")),
                "TOP", larger(get(sum, "TOP"), get(row, "D")));
    }

    private static Map<String, Object> merge(String key, Map<String, Object> a, Map<String, Object> b) {
        return Rows.of("N", number(a, "N") + number(b, "N"), "TOTAL", number(a, "TOTAL") + number(b, "TOTAL"),
                "TOP", larger(get(a, "TOP"), get(b, "TOP")));
    }

    private static Map<String, Object> joined(Map<String, Object> left, Map<String, Object> right) {
        return Rows.of("LV", get(left, "V"), "RV", get(right, "V"), "RG", get(right, "G"));
    }

    private static final ValueJoiner<Map<String, Object>, Map<String, Object>, Map<String, Object>> JOINED = Shapes::joined;
    private static final String JOINED_SQL = "l.v AS lv, r.v AS rv, r.g AS rg FROM {l} l ";

    // ---- without state ----

    private static void addStateless(List<Shape> shapes) {
        shapes.add(new Shape("filter_project", 2, List.of("STREAM"), RECORDS,
                "CREATE STREAM {o}" + WITH + "k, g, v * 2 AS w FROM {l} WHERE v > 3;",
                (builder, names) -> write(stream(builder, names.left())
                        .filter((k, row) -> number(row, "V") != null && number(row, "V") > 3)
                        .mapValues(row -> Rows.of("G", get(row, "G"), "W", number(row, "V") * 2)), names.output())));
        shapes.add(new Shape("partition_by", 2, List.of("STREAM"), KEYS,
                "CREATE STREAM {o}" + WITH + "g, v FROM {l} WHERE g IS NOT NULL AND k = 'k1' PARTITION BY g;",
                (builder, names) -> write(stream(builder, names.left())
                        .filter((k, row) -> text(row, "G") != null && "k1".equals(k))
                        .map((k, row) -> KeyValue.pair(text(row, "G"), Rows.of("V", get(row, "V")))), names.output())));
    }

    // ---- GROUP BY ----

    private static void addAggregates(List<Shape> shapes) {
        shapes.add(new Shape("per_key", 2, List.of("STREAM"), RECORDS,
                "CREATE TABLE {o}" + WITH + "k, " + COLUMNS + " FROM {l} GROUP BY k;",
                (builder, names) -> write(byKey(builder, names.left())
                        .aggregate(Shapes::nothing, Shapes::add, Materialized.with(Serdes.String(), Rows.SERDE))
                        .toStream(), names.output())));
        shapes.add(new Shape("per_other_key", 1, List.of("STREAM"), RECORDS,
                "CREATE TABLE {o}" + WITH + "g, " + COLUMNS + " FROM {l} GROUP BY g;",
                (builder, names) -> write(stream(builder, names.left())
                        .filter((k, row) -> text(row, "G") != null)
                        .groupBy((k, row) -> text(row, "G"), Grouped.with(Serdes.String(), Rows.SERDE))
                        .aggregate(Shapes::nothing, Shapes::add, Materialized.with(Serdes.String(), Rows.SERDE))
                        .toStream(), names.output())));
        String window = " FROM {l} WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY k";
        shapes.add(new Shape("tumbling", 2, List.of("STREAM"), RECORDS,
                "CREATE TABLE {o}" + WITH + "k, " + COLUMNS + window + ";",
                (builder, names) -> writeWindows(byKey(builder, names.left())
                        .windowedBy(TimeWindows.ofSizeAndGrace(SIZE, GRACE))
                        .aggregate(Shapes::nothing, Shapes::add, Materialized.with(Serdes.String(), Rows.SERDE)), names.output())));
        shapes.add(new Shape("hopping", 2, List.of("STREAM"), RECORDS,
                "CREATE TABLE {o}" + WITH + "k, " + COLUMNS + " FROM {l} WINDOW HOPPING (SIZE 10 SECONDS, "
                        + "ADVANCE BY 2 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY k;",
                (builder, names) -> writeWindows(byKey(builder, names.left())
                        .windowedBy(TimeWindows.ofSizeAndGrace(SIZE, GRACE).advanceBy(PANE))
                        .aggregate(Shapes::nothing, Shapes::add, Materialized.with(Serdes.String(), Rows.SERDE)), names.output())));
        String session = " FROM {l} WINDOW SESSION (2 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY k";
        shapes.add(new Shape("session", 2, List.of("STREAM"), RECORDS,
                "CREATE TABLE {o}" + WITH + "k, " + COLUMNS + session + ";",
                (builder, names) -> writeSessions(byKey(builder, names.left())
                        .windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofSeconds(2), GRACE))
                        .aggregate(Shapes::nothing, Shapes::add, Shapes::merge, Materialized.with(Serdes.String(), Rows.SERDE)),
                        names.output())));
        shapes.add(new Shape("final_tumbling", 2, List.of("STREAM"), RECORDS,
                "CREATE TABLE {o}" + WITH + "k, " + COLUMNS + window + " EMIT FINAL;",
                (builder, names) -> writeWindows(byKey(builder, names.left())
                        .windowedBy(TimeWindows.ofSizeAndGrace(SIZE, GRACE)).emitStrategy(EmitStrategy.onWindowClose())
                        .aggregate(Shapes::nothing, Shapes::add, Materialized.with(Serdes.String(), Rows.SERDE)), names.output())));
        shapes.add(new Shape("final_hopping", 2, List.of("STREAM"), RECORDS,
                "CREATE TABLE {o}" + WITH + "k, " + COLUMNS + " FROM {l} WINDOW HOPPING (SIZE 10 SECONDS, "
                        + "ADVANCE BY 3 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY k EMIT FINAL;",
                (builder, names) -> writeWindows(byKey(builder, names.left())
                        .windowedBy(TimeWindows.ofSizeAndGrace(SIZE, GRACE).advanceBy(ADVANCE))
                        .emitStrategy(EmitStrategy.onWindowClose())
                        .aggregate(Shapes::nothing, Shapes::add, Materialized.with(Serdes.String(), Rows.SERDE)), names.output())));
        // Kafka Streams forgets sessions with a whole segment of its store, some of them before it has given them. A
        // longer retention keeps them; then rows also meet sessions that are closed, on both sides.
        Materialized<String, Map<String, Object>, SessionStore<Bytes, byte[]>> retained =
                Materialized.with(Serdes.String(), Rows.SERDE);
        shapes.add(new Shape("final_session", 2, List.of("STREAM"), RECORDS,
                "CREATE TABLE {o}" + WITH + "k, " + COLUMNS + session.replace(", GRACE", ", RETENTION 1 HOUR, GRACE") + " EMIT FINAL;",
                (builder, names) -> writeSessions(byKey(builder, names.left())
                        .windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofSeconds(2), GRACE))
                        .emitStrategy(EmitStrategy.onWindowClose())
                        .aggregate(Shapes::nothing, Shapes::add, Shapes::merge, retained.withRetention(Duration.ofHours(1))),
                        names.output())));
        // suppress() never loses a window, as coalesced results; it orders windows that close together in another
        // way, so each key by itself.
        shapes.add(new Shape("suppress", 2, List.of("STREAM"), KEYS,
                "SET 'ksql.streams.cache.max.bytes.buffering' = '10000000';\nCREATE TABLE {o}" + WITH + "k, " + COLUMNS + window
                        + " EMIT FINAL;\nSET 'ksql.streams.cache.max.bytes.buffering' = '0';",
                (builder, names) -> writeWindows(byKey(builder, names.left())
                        .windowedBy(TimeWindows.ofSizeAndGrace(SIZE, GRACE))
                        .aggregate(Shapes::nothing, Shapes::add, Materialized.with(Serdes.String(), Rows.SERDE))
                        .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded())), names.output())));
    }

    // ---- joins ----

    private static void addJoins(List<Shape> shapes) {
        for (String kind : List.of("INNER", "LEFT")) {
            shapes.add(new Shape("stream_table_" + kind.toLowerCase(), 2, List.of("STREAM", "TABLE"), RECORDS,
                    "CREATE STREAM {o}" + WITH + "l.k AS k, " + JOINED_SQL + kind + " JOIN {r} r ON l.k = r.k;",
                    (builder, names) -> {
                        var left = stream(builder, names.left()).filter((k, row) -> row != null);
                        var right = table(builder, names.right());
                        var how = Joined.with(Serdes.String(), Rows.SERDE, Rows.SERDE);
                        write(kind.equals("LEFT") ? left.filter((k, row) -> k != null).leftJoin(right, JOINED, how)
                                : left.join(right, JOINED, how), names.output());
                    }));
            shapes.add(new Shape("foreign_key_" + kind.toLowerCase(), 2, List.of("TABLE", "TABLE"), STATE,
                    "CREATE TABLE {o}" + WITH + "l.k AS k, " + JOINED_SQL + kind + " JOIN {r} r ON l.g = r.k;",
                    (builder, names) -> {
                        var left = table(builder, names.left());
                        var right = table(builder, names.right());
                        Materialized<String, Map<String, Object>, KeyValueStore<Bytes, byte[]>> how =
                                Materialized.with(Serdes.String(), Rows.SERDE);
                        write((kind.equals("LEFT") ? left.leftJoin(right, row -> text(row, "G"), JOINED, how)
                                : left.join(right, row -> text(row, "G"), JOINED, how)).toStream(), names.output());
                    }));
        }
        for (String kind : List.of("INNER", "LEFT", "FULL OUTER")) {
            String name = kind.split(" ")[0].toLowerCase();
            String key = kind.startsWith("FULL") ? "ROWKEY" : "l.k";
            shapes.add(new Shape("table_table_" + name, 2, List.of("TABLE", "TABLE"), RECORDS,
                    "CREATE TABLE {o}" + WITH + key + " AS k, " + JOINED_SQL + kind + " JOIN {r} r ON l.k = r.k;",
                    (builder, names) -> {
                        var left = table(builder, names.left());
                        var right = table(builder, names.right());
                        write((kind.equals("INNER") ? left.join(right, JOINED)
                                : kind.equals("LEFT") ? left.leftJoin(right, JOINED)
                                : left.outerJoin(right, JOINED)).toStream(), names.output());
                    }));
            shapes.add(new Shape("stream_stream_" + name, 2, List.of("STREAM", "STREAM"), kind.equals("INNER") ? RECORDS : BAG,
                    "CREATE STREAM {o}" + WITH + key + " AS k, " + JOINED_SQL + kind
                            + " JOIN {r} r WITHIN (2 SECONDS, 4 SECONDS) GRACE PERIOD 5 SECONDS ON l.k = r.k;",
                    (builder, names) -> {
                        // A record without a value is no row, and its time does not count.
                        var left = stream(builder, names.left()).filter((k, row) -> k != null && row != null);
                        var right = stream(builder, names.right()).filter((k, row) -> k != null && row != null);
                        var within = JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(4), GRACE)
                                .before(Duration.ofSeconds(2));
                        var how = StreamJoined.with(Serdes.String(), Rows.SERDE, Rows.SERDE);
                        write(kind.equals("INNER") ? left.join(right, JOINED, within, how)
                                : kind.equals("LEFT") ? left.leftJoin(right, JOINED, within, how)
                                : left.outerJoin(right, JOINED, within, how), names.output());
                    }));
        }
    }

    // ---- tables that are aggregated, chains ----

    private static Map<String, Object> change(Map<String, Object> sum, Map<String, Object> row, int sign) {
        return Rows.of("N", number(sum, "N") + sign, "TOTAL", number(sum, "TOTAL") + sign * orZero(number(row, "V")));
    }

    private static void addTables(List<Shape> shapes) {
        shapes.add(new Shape("table_aggregate", 1, List.of("TABLE"), RECORDS,
                "CREATE TABLE {o}" + WITH + "g, COUNT(*) AS n, SUM(v) AS total FROM {l} GROUP BY g;",
                (builder, names) -> write(table(builder, names.left())
                        .groupBy((k, row) -> KeyValue.pair(text(row, "G"), row), Grouped.with(Serdes.String(), Rows.SERDE))
                        .aggregate(() -> Rows.of("N", 0L, "TOTAL", 0L), (k, row, sum) -> change(sum, row, 1),
                                (k, row, sum) -> change(sum, row, -1), Materialized.with(Serdes.String(), Rows.SERDE))
                        .toStream(), names.output())));
        shapes.add(new Shape("table_filter", 2, List.of("TABLE"), STATE,
                "CREATE TABLE {o}" + WITH + "k, g, v FROM {l} WHERE v > 3;",
                (builder, names) -> write(table(builder, names.left())
                        .filter((k, row) -> number(row, "V") != null && number(row, "V") > 3)
                        .mapValues(row -> Rows.of("G", get(row, "G"), "V", get(row, "V"))).toStream(), names.output())));
        // A filter, an aggregate over it, and an aggregate over that.
        shapes.add(new Shape("chain", 1, List.of("STREAM"), RECORDS, """
                CREATE STREAM {o}_1 WITH (KAFKA_TOPIC='{o}_1') AS SELECT k, g, v FROM {l} WHERE v >= 0;
                CREATE TABLE {o}_2 WITH (KAFKA_TOPIC='{o}_2') AS SELECT k, LATEST_BY_OFFSET(g) AS g, SUM(v) AS v FROM {o}_1 GROUP BY k;
                CREATE TABLE {o}""" + WITH + "g, COUNT(*) AS n, SUM(v) AS total FROM {o}_2 GROUP BY g;",
                (builder, names) -> write(stream(builder, names.left())
                        .filter((k, row) -> number(row, "V") != null && number(row, "V") >= 0)
                        .groupByKey(Grouped.with(Serdes.String(), Rows.SERDE))
                        .aggregate(() -> Rows.of("G", null, "V", 0L), (k, row, sum) -> Rows.of(
                                "G", text(row, "G") == null ? get(sum, "G") : get(row, "G"),
                                "V", number(sum, "V") + number(row, "V")), Materialized.with(Serdes.String(), Rows.SERDE))
                        .groupBy((k, row) -> KeyValue.pair(text(row, "G"), row), Grouped.with(Serdes.String(), Rows.SERDE))
                        .aggregate(() -> Rows.of("N", 0L, "TOTAL", 0L), (k, row, sum) -> change(sum, row, 1),
                                (k, row, sum) -> change(sum, row, -1), Materialized.with(Serdes.String(), Rows.SERDE))
                        .toStream(), names.output())));
    }

    private Shapes() {}
}
