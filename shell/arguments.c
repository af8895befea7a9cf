/* Command-line options shared by the commands that open an engine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell/commands.h"

const char INSTANCE_OPTIONS_HELP[] =
    "  --data-dir DIR            where topics, state and the catalog live; without it everything "
    "is\n"
    "                            temporary\n"
    "  --kafka HOST:PORT[,...]   use a Kafka cluster instead of the embedded log\n"
    "  --kafka-property N=V      a librdkafka setting (may be repeated)\n"
    "  --schema-registry URL     use this registry instead of the embedded one\n"
    "  --service-id NAME         prefix of internal topics (default_)\n"
    "  --extension PATH          a library of functions, or a directory of them (may be repeated)\n"
    "  --property NAME=VALUE     a system property such as auto.offset.reset=earliest (may be "
    "repeated)\n";

enum { PROPERTIES_MOST = 64, EXTENSIONS_MOST = 64 };

static int add_pair(
    arena *a, const char *text, const slice **names, const slice **values, int *count) {
    const char *equals = strchr(text, '=');
    if (!equals || *count == PROPERTIES_MOST) {
        fprintf(stderr, "sluice: expected NAME=VALUE, found '%s'\n", text);
        return -1;
    }
    if (!*names) {
        *names = ARENA_ARRAY(a, slice, PROPERTIES_MOST);
        *values = ARENA_ARRAY(a, slice, PROPERTIES_MOST);
    }
    ((slice *)*names)[*count] = slice_make(text, (size_t)(equals - text));
    ((slice *)*values)[(*count)++] = slice_of(equals + 1);
    return 1;
}

static int add_extension(instance_arguments *arguments, const char *path) {
    instance_options *o = &arguments->options;
    if (!o->extensions)
        o->extensions = ARENA_ARRAY(arguments->arena, slice, EXTENSIONS_MOST);
    if (o->extension_count == EXTENSIONS_MOST) {
        fprintf(stderr, "sluice: too many times --extension: name a directory\n");
        return -1;
    }
    ((slice *)o->extensions)[o->extension_count++] = slice_of(path);
    return 1;
}

int instance_option(instance_arguments *arguments, int argc, char **argv, int *index) {
    static const char *const known[] = {"--data-dir", "--kafka", "--kafka-property",
        "--schema-registry", "--service-id", "--property", "--extension", "--listen"};
    const char *name = argv[*index];
    size_t which = 0, count = sizeof known / sizeof *known;
    while (which < count && strcmp(name, known[which]) != 0)
        which++;
    if (which == count)
        return 0;
    if (*index + 1 >= argc) {
        fprintf(stderr, "sluice: %s needs a value\n", name);
        return -1;
    }
    const char *value = argv[*index + 1];
    *index += 2;
    instance_options *o = &arguments->options;
    switch (which) {
    case 0:
        o->data_directory = slice_of(value);
        return 1;
    case 1:
        o->kafka = slice_of(value);
        return 1;
    case 2:
        return add_pair(
            arguments->arena, value, &o->kafka_names, &o->kafka_values, &o->kafka_count);
    case 3:
        o->registry_url = slice_of(value);
        return 1;
    case 4:
        o->service_id = slice_of(value);
        return 1;
    case 5:
        return add_pair(
            arguments->arena, value, &o->property_names, &o->property_values, &o->property_count);
    case 6:
        return add_extension(arguments, value);
    default:
        arguments->listen = value;
        return 1;
    }
}

bool read_file_or_complain(arena *a, const char *path, slice *text) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "sluice: cannot read '%s'\n", path);
        return false;
    }
    buffer bytes = {0};
    char chunk[8192];
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buffer_append_bytes(&bytes, chunk, got);
    bool ok = !ferror(file);
    if (!ok)
        fprintf(stderr, "sluice: cannot read '%s'\n", path);
    if (file != stdin)
        fclose(file);
    *text = arena_copy(a, buffer_slice(&bytes));
    buffer_free(&bytes);
    return ok;
}
