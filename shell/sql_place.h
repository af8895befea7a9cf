/* sql_place.h - where in a statement the cursor stands: what may come next there.
 *
 * Looks at words and punctuation only, since a statement that is being typed is no statement yet.
 */
#ifndef SLUICE_SHELL_SQL_PLACE_H
#define SLUICE_SHELL_SQL_PLACE_H

#include "base/arena.h"

typedef enum sql_place_kind {
    SQL_PLACE_START,      /* of a statement */
    SQL_PLACE_KEYWORD,    /* nothing better is known */
    SQL_PLACE_BEHIND,     /* a word that few can follow: `typed` is that word */
    SQL_PLACE_SOURCE,     /* a stream or table: FROM, JOIN, DESCRIBE, ... */
    SQL_PLACE_EXPRESSION, /* columns, functions */
    SQL_PLACE_COLUMN,     /* behind `source.` */
    SQL_PLACE_FIELD,      /* behind `column->` */
    SQL_PLACE_TYPE,
    SQL_PLACE_TYPE_NAME, /* DROP TYPE */
    SQL_PLACE_TOPIC,
    SQL_PLACE_QUERY,     /* a query's id */
    SQL_PLACE_EXPLAIN,   /* a query's id, or a statement */
    SQL_PLACE_SETTING,   /* SET: a property's name */
    SQL_PLACE_WITH,      /* a property in WITH (...) */
    SQL_PLACE_VALUE,     /* of the property `qualifier` in WITH (...) */
    SQL_PLACE_FUNCTION,  /* DESCRIBE FUNCTION */
    SQL_PLACE_BACKSLASH, /* a command's name behind the backslash */
    SQL_PLACE_FILE,      /* RUN SCRIPT, SPOOL, \i */
    SQL_PLACE_NEW_NAME,  /* something that is not known yet, or a value: nothing to offer */
} sql_place_kind;

/* A source in FROM, and what it is called there. */
typedef struct sql_place_source {
    slice name, alias; /* the alias is the name where it has none */
} sql_place_source;

typedef struct sql_place {
    sql_place_kind kind;
    slice qualifier; /* COLUMN: the source or alias. FIELD: that of the column, if any */
    slice *path;     /* FIELD: the column, then the fields down to the one asked about */
    int path_length;
    char quote;                /* ' or `: the cursor stands behind it; 0: none */
    slice typed;               /* what stands between the quote and the word, such as 'auto. */
    sql_place_source *sources; /* EXPRESSION, COLUMN, FIELD */
    int source_count;
} sql_place;

/* `before` is the statement, or the shell's own command, up to the word at the cursor, `after` what
 * stands behind it. Everything lives in `a` or points into them. */
sql_place sql_place_find(arena *a, slice before, slice after);

#endif
