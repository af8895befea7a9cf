/* json_tree.h - a JSON text as a tree whose numbers keep their digits.
 *
 * Every value knows its own text, so a number or a whole object can be handed on exactly as it was
 * written. Lives in the arena it was read into and points into the text. One thread at a time.
 */
#ifndef SLUICE_SHELL_JSON_TREE_H
#define SLUICE_SHELL_JSON_TREE_H

#include "base/arena.h"
#include "base/error.h"

typedef enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_FALSE,
    JSON_KIND_TRUE,
    JSON_KIND_NUMBER,
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT,
} json_kind;

typedef struct json_node json_node;

struct json_node {
    json_kind kind;
    slice text;              /* as it was written */
    slice string;            /* STRING: its characters */
    slice name;              /* of an object's member */
    int count;               /* ARRAY, OBJECT */
    json_node *first, *next; /* children; the next sibling */
};

/* NULL with ERROR_DATA and the place when the text is not JSON. */
json_node *json_tree_read(arena *a, slice text, error *e);
/* A member of an object by exact name; NULL when there is none (or `node` is NULL or no object). */
const json_node *json_tree_member(const json_node *node, const char *name);
/* The characters of a string member; the NULL slice when it is missing or null. */
slice json_tree_string(const json_node *node, const char *name);
/* An integer member, or `otherwise`. */
int64_t json_tree_integer(const json_node *node, const char *name, int64_t otherwise);
/* Missing and null are the same to most readers. */
bool json_tree_is_null(const json_node *node);

#endif
