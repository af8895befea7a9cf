/* json_out.h - writing JSON into a buffer, piece by piece.
 *
 * Commas place themselves: a name or a value puts one in front when the buffer's last byte is not
 * one of { [ : and it is not the first. Private to server/ and shell/.
 */
#ifndef SLUICE_SERVER_JSON_OUT_H
#define SLUICE_SERVER_JSON_OUT_H

#include "base/buffer.h"

/* Needed only before raw text that the caller appends by itself. */
void json_comma(buffer *out);
void json_open(buffer *out, char bracket); /* { or [ */
void json_shut(buffer *out, char bracket); /* } or ] */
void json_name(buffer *out, const char *name);
void json_name_slice(buffer *out, slice name);
void json_text(buffer *out, slice text); /* NULL data: null */
void json_number(buffer *out, int64_t number);
void json_boolean(buffer *out, bool value);
void json_null_value(buffer *out); /* jansson has a json_null */
void json_raw(buffer *out, slice json);

/* A name and its value. */
void json_text_member(buffer *out, const char *name, slice text);
void json_number_member(buffer *out, const char *name, int64_t number);
void json_boolean_member(buffer *out, const char *name, bool value);

#endif
