/* json_text.h - JSON looked at as text.
 *
 * Rows of queries are cut out of their text instead of being parsed into numbers, so that a DECIMAL
 * keeps every digit. The functions read well-formed JSON; of anything else they give less.
 */
#ifndef SLUICE_SHELL_JSON_TEXT_H
#define SLUICE_SHELL_JSON_TEXT_H

#include "base/buffer.h"

/* The text of an object's member; the NULL slice when it has none, or is no object. */
slice json_text_find(slice object, const char *name);
/* The next element of an array's text. *at starts at 0; false behind the last one. */
bool json_text_next(slice array, size_t *at, slice *element);
/* A value for a person: a string's characters, anything else as it is written. */
void json_text_append_plain(buffer *out, slice value);

/* Cuts the objects out of a stream of bytes, such as [{...},\n{...}], wherever its pieces end. A
 * zeroed one is a valid start; the owner frees `object`. */
typedef struct json_splitter {
    buffer object; /* the one at hand */
    int depth;
    bool in_string, escaped;
} json_splitter;

/* Takes bytes and calls `found` for each object that is complete, until it returns false. */
bool json_splitter_take(
    json_splitter *s, slice bytes, bool (*found)(void *context, slice object), void *context);

#endif
