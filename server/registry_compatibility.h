/* registry_compatibility.h - may data written with one schema be read with another? Private to
 * server/.
 *
 * AVRO follows the resolution of readers' and writers' schemas. JSON is judged by what can be shown
 * from the keywords of both schemas: what cannot be shown counts as incompatible. PROTOBUF compares
 * messages by name and fields by number.
 */
#ifndef SLUICE_SERVER_REGISTRY_COMPATIBILITY_H
#define SLUICE_SERVER_REGISTRY_COMPATIBILITY_H

#include "executor/format/format.h"

/* NONE, BACKWARD, FORWARD, FULL and the last three with _TRANSITIVE: the upper-case constant, or
 * the NULL slice when it is none (any case). */
slice registry_level_find(slice name);
/* Whether all earlier versions count, not only the latest. */
bool registry_level_is_transitive(slice level);

/* Whether a new schema may follow an old one of the same type at that level. `imports` serves
 * protobuf's. False with the reason. Both texts have no references left. */
bool registry_level_allows(
    slice level, slice type, slice now, slice before, schema_registry *imports, error *why);

/* One type of schemas each: whether `reader` understands all that `writer` writes. */
bool registry_avro_reads(slice reader, slice writer, error *why);
bool registry_json_reads(slice reader, slice writer, error *why);
bool registry_proto_reads(slice reader, slice writer, schema_registry *imports, error *why);

#endif
