package sluice.streams;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;

/**
 * Runs every shape on the same input topics twice, by Sluice and by Kafka Streams, both with a result for each
 * record (no caches), and compares what they have written.
 *
 * <p>Inputs are random, out of order and there before either begins; no two inputs of a shape have a time in common,
 * so that the order in which both merge them is determined: the input whose next record is the earliest goes next.
 *
 * <p>usage: Compare BROKER SLUICE DIRECTORY [SEED [ROWS [SHAPE]]]
 */
public final class Compare {
    private static final long BEGINNING = 1_600_000_000_000L;
    private static final Duration LONGEST = Duration.ofSeconds(120);

    private final String broker;
    private final String sluice;
    private final Path directory;
    private final long seed;
    private final int rows;
    private final List<Shape> shapes;
    private final Admin admin;
    private final KafkaConsumer<byte[], byte[]> consumer;

    private Compare(String[] args) {
        broker = args[0];
        sluice = args[1];
        directory = Path.of(args[2]);
        seed = args.length > 3 ? Long.parseLong(args[3]) : 1;
        rows = args.length > 4 ? Integer.parseInt(args[4]) : 2000;
        shapes = Shapes.all().stream().filter(s -> args.length <= 5 || s.name().equals(args[5])).toList();
        admin = Admin.create(Map.of("bootstrap.servers", broker));
        consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", broker, "isolation.level", "read_committed",
                "fetch.max.wait.ms", 20),
                new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    public static void main(String[] args) throws Exception {
        long began = System.currentTimeMillis();
        Compare compare = new Compare(args);
        compare.createTopics();
        compare.produce();
        long filled = System.currentTimeMillis();
        compare.runSluice();
        long half = System.currentTimeMillis();
        compare.runStreams();
        System.out.printf("inputs written in %.0f s, read by Sluice in %.0f s, by Kafka Streams in %.0f s%n", (filled - began) / 1000.0,
                (half - filled) / 1000.0, (System.currentTimeMillis() - half) / 1000.0);
        int different = compare.compareAll();
        System.out.printf("%d queries, %d rows an input, seed %d: %d differ from Kafka Streams; %.0f s%n",
                compare.shapes.size(), compare.rows, compare.seed, different, (System.currentTimeMillis() - began) / 1000.0);
        System.exit(different == 0 ? 0 : 1);
    }

    // ---- inputs ----

    private void createTopics() throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (Shape shape : shapes) {
            Stream.concat(Stream.of(shape.sluiceOutput(), shape.streamsOutput()),
                            shape.inputs().size() == 2 ? Stream.of(shape.input(0), shape.input(1)) : Stream.of(shape.input(0)))
                    .forEach(name -> topics.add(new NewTopic(name, shape.partitions(), (short) 1)));
        }
        admin.createTopics(topics).all().get();
    }

    /** One request at a time, so that a batch that is sent again (topics are new) keeps its place. */
    private void produce() {
        AtomicReference<Exception> failure = new AtomicReference<>();
        Map<String, Object> settings = Map.of("bootstrap.servers", broker, "linger.ms", 20,
                "max.in.flight.requests.per.connection", 1);
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (Shape shape : shapes) {
                for (int input = 0; input < shape.inputs().size(); input++) {
                    records(shape, input).forEach(record -> producer.send(record, (metadata, e) -> failure.compareAndSet(null, e)));
                }
            }
        }
        if (failure.get() != null) {
            throw new IllegalStateException("The inputs could not be written", failure.get());
        }
    }

    private List<ProducerRecord<byte[], byte[]>> records(Shape shape, int input) {
        Random random = new Random(shape.name().hashCode() * 31L + seed * 2 + input);
        boolean table = shape.inputs().get(input).equals("TABLE");
        boolean byGroup = shape.name().startsWith("foreign_key") && input == 1;
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        long time = BEGINNING;
        for (int i = 0; i < rows; i++) {
            time += random.nextInt(800) + (random.nextInt(500) == 0 ? random.nextInt(60_000) : 0);
            String key = byGroup ? "abc".substring(i % 3, i % 3 + 1) : "k" + Math.min(random.nextInt(12), random.nextInt(12));
            boolean hasKey = table || shape.partitions() > 1 || random.nextInt(50) > 0;
            records.add(new ProducerRecord<>(shape.input(input), null, at(random, time, shape) / 2 * 2 + input,
                    hasKey ? key.getBytes(StandardCharsets.UTF_8) : null, value(random, table)));
        }
        if (shape.isTimely() && input == 0) {
            for (int i = 0; i < 2 * shape.partitions(); i++) {
                time += 60_000;
                records.add(new ProducerRecord<>(shape.input(input), i % shape.partitions(), time / 2 * 2,
                        "last".getBytes(StandardCharsets.UTF_8), Rows.bytes(Rows.of("V", (long) i))));
            }
        }
        return records;
    }

    private static long at(Random random, long time, Shape shape) {
        int choice = random.nextInt(20);
        return choice == 0 && !shape.isTimely() ? time - random.nextInt(30_000) : choice < 6 ? time - random.nextInt(4_000) : time;
    }

    private static byte[] value(Random random, boolean table) {
        if (random.nextInt(100) < (table ? 15 : 4)) {
            return null;
        }
        return Rows.bytes(Rows.of(
                "G", random.nextInt(12) == 0 ? null : String.valueOf("aaabbc".charAt(random.nextInt(6))),
                "V", random.nextInt(10) == 0 ? null : (long) random.nextInt(15) - 3,
                "D", random.nextInt(10) == 0 ? null : random.nextInt(80) / 4.0));
    }

    // ---- both engines ----

    private void runSluice() throws Exception {
        Path file = directory.resolve("queries.sql");
        Files.writeString(file, shapes.stream().map(Shape::statements).collect(Collectors.joining()));
        Process process = new ProcessBuilder(sluice, "run", "--to-end", "--quiet", "--kafka", broker,
                "--data-dir", directory.resolve("sluice").toString(), "--service-id", "compare" + seed + "_",
                "--property", "auto.offset.reset=earliest",
                "--property", "ksql.streams.cache.max.bytes.buffering=0", file.toString())
                .redirectErrorStream(true).redirectOutput(directory.resolve("sluice.log").toFile()).start();
        if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("sluice did not come to the end:\n" + Files.readString(directory.resolve("sluice.log")));
        }
        if (process.exitValue() != 0) {
            throw new IllegalStateException("sluice failed:\n" + Files.readString(directory.resolve("sluice.log")));
        }
    }

    private void runStreams() throws Exception {
        StreamsBuilder builder = new StreamsBuilder();
        shapes.forEach(shape -> shape.build(builder));
        Properties settings = new Properties();
        String application = "streams" + seed;
        settings.put("application.id", application);
        settings.put("bootstrap.servers", broker);
        settings.put("state.dir", directory.resolve("streams").toString());
        settings.put("statestore.cache.max.bytes", 0);
        settings.put("commit.interval.ms", 200);
        settings.put("num.stream.threads", 2);
        settings.put("consumer.auto.offset.reset", "earliest");
        settings.put("replication.factor", 1);
        settings.put("producer.linger.ms", 5);
        // Closed windows are looked for at every record, not every second.
        settings.put("__emit.interval.ms.kstreams.windowed.aggregation__", 0L);
        settings.put("__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", 0L);
        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
            streams.setUncaughtExceptionHandler(e -> {
                e.printStackTrace();
                return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            streams.start();
            waitUntilDone(application, streams);
            streams.close(Duration.ofSeconds(20));
        }
    }

    /** Until all inputs and all topics in between are read and committed, some times in a row. */
    private void waitUntilDone(String application, KafkaStreams streams) throws Exception {
        long deadline = System.nanoTime() + LONGEST.toNanos();
        Map<TopicPartition, Long> before = null;
        for (int quiet = 0; quiet < 3; Thread.sleep(300)) {
            if (System.nanoTime() > deadline || streams.state() == KafkaStreams.State.ERROR) {
                throw new IllegalStateException("Kafka Streams did not come to the end: " + streams.state());
            }
            Predicate<String> between = name -> name.startsWith(application + "-") && !name.endsWith("-changelog");
            List<String> topics = Stream.concat(admin.listTopics().names().get().stream().filter(between),
                    shapes.stream().flatMap(s -> Stream.of(s.input(0), s.input(1)).limit(s.inputs().size()))).toList();
            Map<TopicPartition, Long> ends = ends(topics);
            Map<TopicPartition, OffsetAndMetadata> done =
                    admin.listConsumerGroupOffsets(application).partitionsToOffsetAndMetadata().get();
            boolean complete = ends.entrySet().stream().allMatch(e -> e.getValue() == 0
                    || (done.get(e.getKey()) != null && done.get(e.getKey()).offset() >= e.getValue()));
            quiet = complete && ends.equals(before) ? quiet + 1 : 0;
            before = ends;
        }
    }

    private Map<TopicPartition, Long> ends(List<String> topics) {
        List<TopicPartition> partitions = topics.stream().flatMap(t -> consumer.partitionsFor(t).stream())
                .map(p -> new TopicPartition(p.topic(), p.partition())).toList();
        return consumer.endOffsets(partitions);
    }

    // ---- outputs ----

    /** A record, with its key as text as far as it is text, and its columns in the order of their names. */
    private static String shown(ConsumerRecord<byte[], byte[]> record) {
        Map<String, Object> row = Rows.row(record.value());
        return key(record) + " @" + (record.timestamp() - BEGINNING) + " " + (row == null ? null : new TreeMap<>(row));
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null) {
            return "null";
        }
        StringBuilder text = new StringBuilder();
        for (byte b : record.key()) {
            text.append(b > ' ' ? String.valueOf((char) b) : "\\%02x".formatted(b));
        }
        return text.toString();
    }

    private Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> dump(String topic) {
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> found = new HashMap<>();
        Map<TopicPartition, Long> ends = ends(List.of(topic));
        consumer.assign(ends.keySet());
        consumer.seekToBeginning(ends.keySet());
        while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
            consumer.poll(Duration.ofMillis(20)).forEach(r ->
                    found.computeIfAbsent(new TopicPartition("", r.partition()), p -> new ArrayList<>()).add(r));
        }
        return found;
    }

    /** What of the topic is compared: lists of records by partition or by key. */
    private Map<String, List<String>> comparable(Shape shape, String topic) {
        Map<String, List<String>> lists = new TreeMap<>();
        dump(topic).forEach((partition, records) -> records.forEach(record -> {
            String name = "partition " + partition.partition();
            if (shape.compared() != Shape.Compared.RECORDS) {
                name += ", key " + key(record);
            }
            List<String> list = lists.computeIfAbsent(name, n -> new ArrayList<>());
            if (shape.compared() == Shape.Compared.STATE) {
                list.clear();
            }
            list.add(shape.compared() == Shape.Compared.STATE ? shown(record).replaceFirst(" @-?[0-9]+", "") : shown(record));
        }));
        if (shape.compared() == Shape.Compared.STATE) {
            lists.values().removeIf(list -> list.get(0).endsWith(" null"));
        }
        if (shape.compared() == Shape.Compared.BAG) {
            lists.values().forEach(list -> list.sort(null));
        }
        return lists;
    }

    private int compareAll() {
        int different = 0;
        for (Shape shape : shapes) {
            var streams = comparable(shape, shape.streamsOutput());
            var sluice = comparable(shape, shape.sluiceOutput());
            int count = streams.values().stream().mapToInt(List::size).sum();
            boolean same = streams.equals(sluice) && count > 0;
            System.out.printf("%-22s %6d %s %s%n", shape.name(), count,
                    shape.compared() == Shape.Compared.STATE ? "keys" : "records", same ? "equal" : "DIFFERENT");
            if (!same) {
                different++;
                explain(streams, sluice);
            }
        }
        return different;
    }

    private static void explain(Map<String, List<String>> streams, Map<String, List<String>> sluice) {
        Map<String, List<String>> all = new LinkedHashMap<>(streams);
        sluice.forEach(all::putIfAbsent);
        int shown = 0;
        for (String name : all.keySet()) {
            List<String> a = streams.getOrDefault(name, List.of());
            List<String> b = sluice.getOrDefault(name, List.of());
            if (a.equals(b) || shown++ == 2) {
                continue;
            }
            int at = 0;
            while (at < a.size() && at < b.size() && a.get(at).equals(b.get(at))) {
                at++;
            }
            System.out.printf("  %s: %d records of Kafka Streams, %d of Sluice; from record %d:%n", name, a.size(), b.size(), at);
            a.subList(at, Math.min(a.size(), at + 5)).forEach(line -> System.out.println("    Streams  " + line));
            b.subList(at, Math.min(b.size(), at + 5)).forEach(line -> System.out.println("    Sluice   " + line));
        }
    }
}
