/* json_text.h - a JSON value of any kind as the text of a STRING column.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_JSON_TEXT_H
#define SLUICE_EXECUTOR_FORMAT_JSON_TEXT_H

#include "base/buffer.h"

/* Appends what a STRING column gets for a well-formed JSON value that is not a string: numbers with
 * their digits, objects as JSON without white space, arrays as [a, b] with their elements as text.
 * False when a string inside is not UTF-8. */
bool json_text_of_value(slice value, buffer *out);

#endif
