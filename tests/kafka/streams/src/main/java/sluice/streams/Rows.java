package sluice.streams;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** Rows are maps of columns, and JSON in topics. Integers are read as Long. */
final class Rows {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(com.fasterxml.jackson.databind.DeserializationFeature.USE_LONG_FOR_INTS);
    private static final TypeReference<LinkedHashMap<String, Object>> ROW = new TypeReference<>() {};

    static final Serde<Map<String, Object>> SERDE =
            Serdes.serdeFrom((topic, row) -> bytes(row), (topic, bytes) -> row(bytes));

    static byte[] bytes(Map<String, Object> row) {
        try {
            return row == null ? null : JSON.writeValueAsBytes(row);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, Object> row(byte[] bytes) {
        try {
            return bytes == null ? null : JSON.readValue(bytes, ROW);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** of("A", 1L, "B", null). */
    static Map<String, Object> of(Object... namesAndValues) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            row.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return row;
    }

    static Object get(Map<String, Object> row, String column) {
        return row == null ? null : row.get(column);
    }

    static Long number(Map<String, Object> row, String column) {
        return (Long) get(row, column);
    }

    static String text(Map<String, Object> row, String column) {
        return (String) get(row, column);
    }

    private Rows() {}
}
