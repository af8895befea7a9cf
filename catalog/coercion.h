/* coercion.h - which types become which without a CAST.
 *
 * INTEGER widens to BIGINT, to DECIMAL, to DOUBLE; NULL becomes anything; ARRAY, MAP and STRUCT
 * follow their parts. Any thread; types are made in the arena given.
 */
#ifndef SLUICE_CATALOG_COERCION_H
#define SLUICE_CATALOG_COERCION_H

#include "base/type.h"

/* Whether a value of `from` may become `to`. A DECIMAL needs room for all digits of `from`. */
bool coercion_widens(const sql_type *from, const sql_type *to);
/* The narrowest type that both become; NULL when there is none. STRUCTs give the union of their
 * fields. */
const sql_type *coercion_common(arena *a, const sql_type *left, const sql_type *right);
/* A number's type as a DECIMAL: INTEGER is (10, 0), BIGINT (19, 0); DECIMAL is itself. */
const sql_type *coercion_decimal(arena *a, const sql_type *type);

#endif
