package sluice.streams;

import java.util.List;
import org.apache.kafka.streams.StreamsBuilder;

/**
 * One query, written twice. In its SQL, {l} and {r} are the sources, {o} is what it makes, {p} the number of
 * partitions. Each input is a STREAM or a TABLE with the columns k (the key), g STRING, v BIGINT, d DOUBLE.
 */
record Shape(String name, int partitions, List<String> inputs, Compared compared, String sql, Topology topology) {

    /** What both must have in common. */
    enum Compared {
        /** Every record of a partition, in order. */
        RECORDS,
        /** Every record of a key, in order. */
        KEYS,
        /**
         * Which records each key has. Kafka Streams gives rows without a partner when it next looks for them, which
         * may be later than when their windows have closed.
         */
        BAG,
        /** Each key's last record: Streams' own results in between depend on when its threads come to read. */
        STATE
    }

    interface Topology {
        void build(StreamsBuilder builder, Names names);
    }

    record Names(String left, String right, String output) {}

    /** Rows come within the grace period, and windows of all rows are closed by the last ones. */
    boolean isTimely() {
        return compared == Compared.BAG;
    }

    String input(int which) {
        return name + (which == 0 ? "_l" : "_r");
    }

    String sluiceOutput() {
        return name + "_sluice";
    }

    String streamsOutput() {
        return name + "_streams";
    }

    void build(StreamsBuilder builder) {
        topology.build(builder, new Names(input(0), input(1), streamsOutput()));
    }

    String statements() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < inputs.size(); i++) {
            text.append("CREATE %s %s (k STRING %s, g STRING, v BIGINT, d DOUBLE) WITH (KAFKA_TOPIC='%s', VALUE_FORMAT='JSON');\n"
                    .formatted(inputs.get(i), input(i), inputs.get(i).equals("TABLE") ? "PRIMARY KEY" : "KEY", input(i)));
        }
        return text + sql.replace("{l}", input(0)).replace("{r}", input(1)).replace("{o}", sluiceOutput())
                .replace("{p}", String.valueOf(partitions)) + "\n";
    }
}
