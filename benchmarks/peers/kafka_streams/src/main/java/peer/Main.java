package peer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;

/**
 * Runs one workload over everything its topics hold, and ends.
 *
 * <p>usage: Main WORKLOAD HOST:PORT PREFIX STATE_DIR THREADS GUARANTEE [COMMIT_MS]
 *
 * <p>With the property {@code forever} it runs until it is ended.
 */
public final class Main {
    private static final long POLL_MS = 100;

    private Main() {}

    public static void main(String[] args) throws Exception {
        String workload = args[0];
        String prefix = args[2];
        List<KafkaStreams> running = new ArrayList<>();
        List<String> applications = new ArrayList<>();
        for (Topology topology : Workloads.of(workload, prefix)) {
            String application = prefix + workload + "-" + running.size();
            KafkaStreams streams = new KafkaStreams(topology, settings(application, args));
            streams.setUncaughtExceptionHandler(e -> {
                e.printStackTrace();
                Runtime.getRuntime().halt(1);
                return null;
            });
            streams.start();
            running.add(streams);
            applications.add(application);
        }
        if (Boolean.getBoolean("forever")) {
            Thread.currentThread().join();
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[1]))) {
            for (String application : applications) {
                while (!hasReadAll(admin, application)) {
                    Thread.sleep(POLL_MS);
                }
            }
        }
        for (KafkaStreams streams : running) {
            streams.close(Duration.ofSeconds(60));
        }
    }

    private static Properties settings(String application, String[] args) {
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[1]);
        p.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, args[4]);
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, args[5]);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args.length > 6 ? args[6] : "1000");
        p.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
        p.put("auto.offset.reset", "earliest");
        // Bigger batches and fetches than the defaults, as its users tune for throughput.
        p.put("producer.linger.ms", Integer.getInteger("linger", 100));
        p.put("producer.batch.size", 1 << 18);
        p.put("producer.compression.type", "lz4");
        p.put("consumer.max.poll.records", 5000);
        p.put("consumer.fetch.min.bytes", Integer.getInteger("fetch", 1 << 16));
        return p;
    }

    /** Whether the application has committed the ends of all topics that it has committed anything of. */
    private static boolean hasReadAll(Admin admin, String application) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> committed =
            admin.listConsumerGroupOffsets(application).partitionsToOffsetAndMetadata().get();
        if (committed.isEmpty()) {
            return false;
        }
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        committed.keySet().forEach(partition -> ends.put(partition, OffsetSpec.latest()));
        var found = admin.listOffsets(ends).all().get();
        for (var entry : committed.entrySet()) {
            if (entry.getValue() == null || entry.getValue().offset() < found.get(entry.getKey()).offset()) {
                return false;
            }
        }
        return true;
    }
}
