/* type_text.h - types as the catalog stores them: the SQL of the type, quotes in names doubled. */
#ifndef SLUICE_CATALOG_TYPE_TEXT_H
#define SLUICE_CATALOG_TYPE_TEXT_H

#include "base/error.h"
#include "base/type.h"

void type_text_append(buffer *out, const sql_type *type);
/* The type, in `a`; NULL with ERROR_DATA when the text is not one. */
const sql_type *type_text_read(arena *a, slice text, error *e);

#endif
