/* base64.h - bytes as text in the standard alphabet, with padding.
 *
 * Any thread.
 */
#ifndef SLUICE_BASE_BASE64_H
#define SLUICE_BASE_BASE64_H

#include "base/buffer.h"

void base64_append(buffer *out, slice bytes);
/* Most bytes that decoding `text` can give. */
static inline size_t base64_decoded_max(slice text) {
    return text.length / 4 * 3 + 3;
}
/* Decodes into `to`, which has room for base64_decoded_max bytes. Padding may be missing; false for
 * any other character or length. */
bool base64_decode(slice text, char *to, size_t *length);

#endif
