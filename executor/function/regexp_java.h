/* regexp_java.h - regular expressions of java.util.regex as PCRE2 understands them. Private to the
 * functions. */
#ifndef SLUICE_EXECUTOR_FUNCTION_REGEXP_JAVA_H
#define SLUICE_EXECUTOR_FUNCTION_REGEXP_JAVA_H

#include "base/buffer.h"

/* Appends the expression to `out`. What is malformed is passed on, so that PCRE2 complains. */
void regexp_from_java(slice pattern, buffer *out);

#endif
