/* buffer.h - bytes that grow at the end.
 *
 * A zeroed buffer is a valid empty one. The owner calls buffer_free. Clearing keeps the memory.
 * One thread at a time.
 */
#ifndef SLUICE_BASE_BUFFER_H
#define SLUICE_BASE_BUFFER_H

#include "base/slice.h"

typedef struct buffer {
    char *data;
    size_t length, capacity;
} buffer;

void buffer_free(buffer *b); /* also makes it a valid empty one again */
/* Room for `bytes` more behind the end. Pointers into the buffer may move. */
void buffer_reserve(buffer *b, size_t bytes);
void buffer_append(buffer *b, slice bytes);
void buffer_format(buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void buffer_clear(buffer *b) {
    b->length = 0;
}
static inline slice buffer_slice(const buffer *b) {
    return slice_make(b->data ? b->data : "", b->length);
}

static inline void buffer_append_byte(buffer *b, char byte) {
    if (b->length == b->capacity)
        buffer_reserve(b, 1);
    b->data[b->length++] = byte;
}

static inline void buffer_append_bytes(buffer *b, const void *bytes, size_t length) {
    buffer_append(b, slice_make(bytes, length));
}

static inline void buffer_append_text(buffer *b, const char *text) {
    buffer_append(b, slice_of(text));
}

/* A JSON string with its quotes; control characters escaped, UTF-8 passed through. */
void buffer_append_json_string(buffer *b, slice text);

#endif
