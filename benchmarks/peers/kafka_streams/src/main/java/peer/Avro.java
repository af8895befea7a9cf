package peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.Encoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Values in AVRO behind Confluent's header of five bytes, whose schema is taken to be the one that is known here. The
 * coders do what Avro's compiler generates for such records: field after field, without a generic record.
 */
final class Avro {
    private static final int HEADER = 5;
    private static final int SCHEMA_ID = Integer.getInteger("avro.schema.id", 0);

    interface Reading<T> {
        T read(BinaryDecoder from) throws IOException;
    }

    interface Writing<T> {
        void write(T value, Encoder to) throws IOException;
    }

    private Avro() {}

    static <T> Serde<T> of(Reading<T> reading, Writing<T> writing) {
        ThreadLocal<BinaryDecoder> decoders = new ThreadLocal<>();
        ThreadLocal<BinaryEncoder> encoders = new ThreadLocal<>();
        return Serdes.serdeFrom((topic, value) -> value == null ? null : encode(value, writing, encoders),
            (topic, bytes) -> bytes == null ? null : decode(bytes, reading, decoders));
    }

    private static <T> byte[] encode(T value, Writing<T> writing, ThreadLocal<BinaryEncoder> encoders) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(64);
        out.writeBytes(ByteBuffer.allocate(HEADER).put((byte) 0).putInt(SCHEMA_ID).array());
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, encoders.get());
        encoders.set(encoder);
        try {
            writing.write(value, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static <T> T decode(byte[] bytes, Reading<T> reading, ThreadLocal<BinaryDecoder> decoders) {
        BinaryDecoder decoder =
            DecoderFactory.get().binaryDecoder(bytes, HEADER, bytes.length - HEADER, decoders.get());
        decoders.set(decoder);
        try {
            return reading.read(decoder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Rows.Bid readBid(BinaryDecoder from) throws IOException {
        Rows.Bid bid = new Rows.Bid();
        bid.auction = from.readLong();
        bid.bidder = from.readLong();
        bid.price = from.readLong();
        from.skipString(); // channel
        from.skipString(); // url
        bid.dateTime = from.readLong();
        return bid;
    }

    static Rows.Totals readTotals(BinaryDecoder from) throws IOException {
        Rows.Totals totals = new Rows.Totals();
        totals.bids = from.readLong();
        totals.total = from.readLong();
        totals.highest = from.readLong();
        return totals;
    }

    static void writeTotals(Rows.Totals totals, Encoder to) throws IOException {
        to.writeLong(totals.bids);
        to.writeLong(totals.total);
        to.writeLong(totals.highest);
    }

    static void writeExpensive(Rows.ExpensiveBid bid, Encoder to) throws IOException {
        to.writeLong(bid.auction());
        to.writeLong(bid.bidder());
        to.writeLong(bid.price_euro());
    }

    static <T> T neverRead(BinaryDecoder from) {
        throw new UnsupportedOperationException("this is written only");
    }

    static <T> void neverWritten(T value, Encoder to) {
        throw new UnsupportedOperationException("this is read only");
    }
}
