package peer;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.TableEnvironment;

/**
 * Runs a file of SQL: its INSERT statements as one job, to the end of their bounded sources.
 *
 * <p>usage: Main FILE.sql PARALLELISM CHECKPOINT_MODE CHECKPOINT_DIR [KEY=VALUE...]
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        TableEnvironment table = TableEnvironment.create(
            EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(settings(args)).build());
        StatementSet inserts = table.createStatementSet();
        for (String statement : Files.readString(Path.of(args[0])).split(";\\s*(\n|$)")) {
            String sql = statement.replaceAll("(?m)^\\s*--.*$", "").strip();
            if (sql.startsWith("INSERT")) {
                inserts.addInsertSql(sql);
            } else if (!sql.isEmpty()) {
                table.executeSql(sql);
            }
        }
        inserts.execute().await();
        System.exit(0);
    }

    /** As Nexmark tunes Flink: objects reused, small batches, state on the heap; what is given goes before. */
    private static Configuration settings(String[] args) {
        Configuration c = new Configuration();
        c.setString("parallelism.default", args[1]);
        c.setString("restart-strategy.type", "none");
        c.setString("pipeline.object-reuse", "true");
        c.setString("state.backend.type", "hashmap");
        c.setString("execution.checkpointing.interval", "1 s");
        c.setString("execution.checkpointing.mode", args[2]);
        c.setString("execution.checkpointing.storage", "filesystem");
        c.setString("execution.checkpointing.dir", Path.of(args[3]).toUri().toString());
        c.setString("table.exec.mini-batch.enabled", "true");
        c.setString("table.exec.mini-batch.allow-latency", "1 s");
        c.setString("table.exec.mini-batch.size", "50000");
        c.setString("table.optimizer.distinct-agg.split.enabled", "true");
        c.setString("table.local-time-zone", "UTC");
        c.setString("taskmanager.memory.network.max", "256 mb");
        for (int i = 4; i < args.length; i++) {
            String[] pair = args[i].split("=", 2);
            c.setString(pair[0], pair[1]);
        }
        return c;
    }
}
