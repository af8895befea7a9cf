/* registry_text.h - schemas as texts: which are equal, and what references stand for. Private to
 * server/.
 */
#ifndef SLUICE_SERVER_REGISTRY_TEXT_H
#define SLUICE_SERVER_REGISTRY_TEXT_H

#include "base/arena.h"
#include "base/error.h"

/* The text as it is stored: JSON without white space between its tokens, protobuf as it came. */
slice registry_store_text(arena *a, slice type, slice text);
/* What equal schemas have in common: the text without white space and comments, and what it refers
 * to. `references` is a JSON list or empty. */
slice registry_identity(arena *a, slice type, slice text, slice references);

/* Fetches what a reference names; texts in `a`. */
typedef struct registry_fetcher {
    bool (*fetch)(void *context, slice subject, int32_t version, arena *a, slice *schema,
        slice *references, error *e);
    void *context;
} registry_fetcher;

/* The text that needs no references any more: Avro's named types are put in where they are first
 * used; protobuf's imports are followed by the files in braces (proto_schema.h); JSON Schemas stay
 * as they are. ERROR_NOT_FOUND when a reference leads nowhere. */
bool registry_resolve(const registry_fetcher *fetcher, slice type, slice text, slice references,
    arena *a, slice *resolved, error *e);

#endif
