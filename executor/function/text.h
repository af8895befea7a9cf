/* text.h - positions in strings as Java counts them: in UTF-16 units, of which a character beyond
 * U+FFFF has two. Private to the functions.
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_TEXT_H
#define SLUICE_EXECUTOR_FUNCTION_TEXT_H

#include "base/slice.h"

/* UTF-16 units of a UTF-8 text. */
int64_t text_units(slice text);
/* The byte where unit number `unit` starts; the end when there are not that many. */
size_t text_offset(slice text, int64_t unit);
/* Bytes of the character at `at`, which is before the end. A text that is no UTF-8 may end within
 * one: then there are that many less. */
static inline size_t text_character_bytes(slice text, size_t at) {
    unsigned char byte = (unsigned char)text.data[at];
    size_t bytes = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    return bytes < text.length - at ? bytes : text.length - at;
}
/* The code point at the start of a text that is not empty, and its bytes. */
uint32_t text_code_point(slice text, size_t *bytes);
/* The first place of `wanted` in `text` from byte `from` on; -1 when it is not there. */
int64_t text_find(slice text, slice wanted, size_t from);

#endif
