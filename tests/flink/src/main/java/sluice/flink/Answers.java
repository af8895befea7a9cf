package sluice.flink;

import java.io.File;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * What Flink answers: a JSON array of groups in, a line of JSON for each case out.
 *
 * <p>A group has "setup" (statements), "settings", "from" and "cases"; a case is {"expression": ...}, computed for
 * all rows of the group's "from", or {"query": ...}. An answer is {"group", "case", "types", "rows"}, rows as the
 * print connector writes them, or {"group", "case", "refused" | "failed": why}.
 *
 * <p>usage: Answers GROUPS.json ANSWERS.jsonl
 */
public final class Answers {
    /** So many expressions are tried in one job; the halves of one that fails are tried again. */
    private static final int EXPRESSIONS_IN_A_JOB = 24;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final TableEnvironment table;
    private final PrintWriter out;
    private final int group;

    private Answers(TableEnvironment table, PrintWriter out, int group) {
        this.table = table;
        this.out = out;
        this.group = group;
    }

    public static void main(String[] args) throws Exception {
        Configuration cluster = new Configuration();
        cluster.setString("rest.port", "0");
        cluster.setString("rest.address", "localhost");
        cluster.setString("rest.bind-address", "localhost");
        cluster.setString("taskmanager.memory.network.min", "64 mb");
        cluster.setString("taskmanager.memory.network.max", "64 mb");
        try (MiniCluster mini = new MiniCluster(new MiniClusterConfiguration.Builder()
                     .setConfiguration(cluster).setNumTaskManagers(1).setNumSlotsPerTaskManager(2).build());
             PrintWriter out = new PrintWriter(args[1], "UTF-8")) {
            mini.start();
            Configuration c = new Configuration();
            c.setString("execution.target", "remote");
            c.setString("rest.address", "localhost");
            c.setString("rest.port", Integer.toString(mini.getRestAddress().get().getPort()));
            c.setString("parallelism.default", "1");
            c.setString("restart-strategy.type", "none");
            c.setString("table.local-time-zone", "UTC");
            int number = 0;
            for (JsonNode group : JSON.readTree(new File(args[0]))) {
                TableEnvironment table = TableEnvironment.create(
                    EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(c).build());
                new Answers(table, out, number++).answer(group);
                out.flush();
            }
        }
        System.exit(0);
    }

    private void answer(JsonNode all) throws Exception {
        for (Iterator<String> names = all.get("settings").fieldNames(); names.hasNext();) {
            String name = names.next();
            table.getConfig().set(name, all.get("settings").get(name).asText());
        }
        for (JsonNode statement : all.get("setup"))
            table.executeSql(statement.asText()).await();
        List<Integer> expressions = new ArrayList<>();
        JsonNode cases = all.get("cases");
        for (int i = 0; i < cases.size(); i++) {
            if (cases.get(i).has("expression"))
                expressions.add(i);
            else
                query(i, cases.get(i).get("query").asText());
        }
        for (int i = 0; i < expressions.size(); i += EXPRESSIONS_IN_A_JOB)
            compute(all, expressions.subList(i, Math.min(i + EXPRESSIONS_IN_A_JOB, expressions.size())));
    }

    private void query(int number, String sql) {
        ObjectNode answer = begin(number);
        boolean planned = false;
        try {
            table.explainSql(sql);
            planned = true;
            TableResult result = table.executeSql(sql);
            types(answer, result.getResolvedSchema().getColumnDataTypes());
            ArrayNode rows = answer.putArray("rows");
            try (CloseableIterator<Row> all = result.collect()) {
                while (all.hasNext())
                    rows.add(all.next().toString());
            }
        } catch (Throwable e) {
            answer.put(planned ? "failed" : "refused", reason(e));
        }
        out.println(answer);
    }

    private void compute(JsonNode all, List<Integer> numbers) {
        StringBuilder sql = new StringBuilder("SELECT ");
        for (int number : numbers)
            sql.append(all.get("cases").get(number).get("expression").asText()).append(number == numbers.get(numbers.size() - 1) ? " " : ", ");
        sql.append("FROM ").append(all.get("from").asText());
        boolean planned = false;
        try {
            List<Row> rows = new ArrayList<>();
            if (numbers.size() == 1)
                table.explainSql(sql.toString());
            planned = true;
            TableResult result = table.executeSql(sql.toString());
            List<DataType> types = result.getResolvedSchema().getColumnDataTypes();
            try (CloseableIterator<Row> found = result.collect()) {
                while (found.hasNext())
                    rows.add(found.next());
            }
            for (int i = 0; i < numbers.size(); i++) {
                ObjectNode answer = begin(numbers.get(i));
                types(answer, types.subList(i, i + 1));
                ArrayNode values = answer.putArray("rows");
                for (Row row : rows)
                    values.add(Row.ofKind(row.getKind(), row.getField(i)).toString());
                out.println(answer);
            }
        } catch (Throwable e) {
            if (numbers.size() > 1) {
                compute(all, numbers.subList(0, numbers.size() / 2));
                compute(all, numbers.subList(numbers.size() / 2, numbers.size()));
                return;
            }
            out.println(begin(numbers.get(0)).put(planned ? "failed" : "refused", reason(e)));
        }
    }

    private ObjectNode begin(int number) {
        return JSON.createObjectNode().put("group", group).put("case", number);
    }

    private static void types(ObjectNode answer, List<DataType> types) {
        ArrayNode names = answer.putArray("types");
        for (DataType type : types)
            names.add(type.getLogicalType().asSummaryString());
    }

    private static String reason(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getCause() != root)
            root = root.getCause();
        String text = String.valueOf(root.getMessage());
        return root.getClass().getSimpleName() + ": " + (text.length() > 300 ? text.substring(0, 300) : text);
    }
}
