/* property.h - the properties that SET and the server's configuration know, and lists of values.
 *
 * Names are ksqlDB's; "ksql.streams." in front makes no difference. Some have no effect here
 * because what they tune does not exist; they are accepted so that scripts run.
 */
#ifndef SLUICE_SERVER_PROPERTY_H
#define SLUICE_SERVER_PROPERTY_H

#include "base/error.h"
#include "parser/ast.h"

typedef struct property_description {
    const char *name;
    const char *value;   /* the default; NULL: none */
    const char *scope;   /* "KSQL" or "KAFKA" */
    const char *summary; /* one line for the manual; NULL: it is accepted and has no effect */
} property_description;

/* All of them, by name. */
const property_description *property_all(int *count);
/* NULL when there is no such property. `name` may have the prefix. */
const property_description *property_find(slice name);
/* Without "ksql.streams." */
slice property_plain_name(slice name);
/* The nearest name, for hints; NULL when none is near. */
const char *property_nearest(slice name);
/* Whether it is one of Flink's settings, which only sessions of its dialect know. They take any
 * value; those that mean nothing here have no effect. */
bool property_is_flink(slice name);
/* Refuses values of these that they cannot have. */
bool property_check_flink(slice name, slice value, error *e);
/* Whether there is the property. */
bool property_known(slice name, error *e);
/* Whether the property may have that value. */
bool property_check(slice name, slice value, error *e);

/* What 'sluice.sql.dialect' says. */
parser_dialect property_dialect(slice value);

/* Names and values that somebody set, sorted by name. A zeroed list is empty. */
typedef struct property_list {
    struct property_entry {
        char *name, *value;
    } * items;
    int count, capacity;
} property_list;

/* A NULL value removes. */
void property_list_set(property_list *list, slice name, slice value);
/* The NULL slice when it is not in the list; valid until it is set again. */
slice property_list_get(const property_list *list, slice name);
void property_list_free(property_list *list);

#endif
