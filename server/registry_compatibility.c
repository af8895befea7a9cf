/* BACKWARD: the new schema reads what the old one wrote. FORWARD: the old one reads what the new
 * one writes. FULL: both. */
#include "server/registry_compatibility.h"

static const char *const LEVELS[] = {"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD",
    "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"};

slice registry_level_find(slice name) {
    for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++)
        if (slice_is_ignore_case(name, LEVELS[i]))
            return slice_of(LEVELS[i]);
    return (slice){NULL, 0};
}

bool registry_level_is_transitive(slice level) {
    return slice_ends_with(level, SLICE_LITERAL("_TRANSITIVE"));
}

static bool reads(slice type, slice reader, slice writer, schema_registry *imports, error *why) {
    if (slice_is(type, "AVRO"))
        return registry_avro_reads(reader, writer, why);
    if (slice_is(type, "JSON"))
        return registry_json_reads(reader, writer, why);
    return registry_proto_reads(reader, writer, imports, why);
}

bool registry_level_allows(
    slice level, slice type, slice now, slice before, schema_registry *imports, error *why) {
    bool full = slice_starts_with(level, SLICE_LITERAL("FULL"));
    if ((full || slice_starts_with(level, SLICE_LITERAL("BACKWARD"))) &&
        !reads(type, now, before, imports, why))
        return error_detail(why, "The new schema must read what the old one wrote.");
    if ((full || slice_starts_with(level, SLICE_LITERAL("FORWARD"))) &&
        !reads(type, before, now, imports, why))
        return error_detail(why, "The old schema must read what the new one writes.");
    return true;
}
