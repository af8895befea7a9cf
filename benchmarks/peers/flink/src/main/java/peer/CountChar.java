package peer;

import java.nio.charset.StandardCharsets;
import org.apache.flink.table.functions.ScalarFunction;

/** How many bytes of a text equal the first byte of another. */
public final class CountChar extends ScalarFunction {
    public long eval(String text, String wanted) {
        if (text == null || wanted == null || wanted.isEmpty()) {
            return 0;
        }
        byte first = wanted.getBytes(StandardCharsets.UTF_8)[0];
        long count = 0;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            count += b == first ? 1 : 0;
        }
        return count;
    }
}
