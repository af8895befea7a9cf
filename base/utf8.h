/* utf8.h - whether bytes are UTF-8, and making them so.
 *
 * Any thread.
 */
#ifndef SLUICE_BASE_UTF8_H
#define SLUICE_BASE_UTF8_H

#include "base/buffer.h"

/* True when the bytes are well-formed UTF-8 (no overlong forms, no surrogates). */
bool utf8_valid(slice text);
/* The text with each malformed sequence replaced by U+FFFD. */
void utf8_append_repaired(buffer *out, slice text);
/* Writes one code point (not above 0x10FFFF); gives the bytes written, at most 4. */
size_t utf8_write(char *to, uint32_t code_point);
/* True when the text is one well-formed character, which it gives. */
bool utf8_is_one(slice text, uint32_t *code_point);

#endif
