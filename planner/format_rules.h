/* format_rules.h - what the serialization formats can carry, as far as statements are checked
 * against it. The formats themselves live in the executor. Private to the planner. */
#ifndef SLUICE_PLANNER_FORMAT_RULES_H
#define SLUICE_PLANNER_FORMAT_RULES_H

#include "catalog/catalog.h"
#include "planner/plan.h"

typedef struct format_rules {
    const char *name;
    bool wraps;        /* a single column may be a record with one field */
    bool unwraps;      /* a single column may be the payload itself */
    bool infers;       /* a schema registry may know its columns */
    bool delimits;     /* takes a delimiter */
    bool tells_nulls;  /* takes a representation of nulls */
    bool names_schema; /* takes a full schema name */
    bool single;       /* one column only */
    bool empty;        /* no columns at all */
    bool nested;       /* ARRAY, MAP and STRUCT */
    bool basic_only;   /* INTEGER, BIGINT, DOUBLE, STRING and BYTES only */
} format_rules;

/* The rules of a format (any case); NULL when there is no such format. */
const format_rules *format_rules_find(slice name);
/* Its rules, or an error that lists the formats there are. */
const format_rules *format_rules_require(slice name, source_span span, error *e);
/* Whether the key (or value) columns of a source fit their format and its options. */
bool format_rules_check(const source_format *format, bool is_key, const source_column *columns,
    int count, source_span span, error *e);
/* The format in which keys travel through an exchange: the source's own if it can carry these
 * columns, otherwise KAFKA, otherwise JSON. */
slice format_rules_exchange(slice source_format, const plan_column *keys, int key_count);

#endif
