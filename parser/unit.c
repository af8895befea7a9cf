#include "parser/unit.h"

static const struct {
    const char *singular, *plural;
    int64_t duration_ms;
} UNITS[] = {
    [AST_UNIT_NONE] = {"", "", 0},
    [AST_UNIT_MILLISECONDS] = {"MILLISECOND", "MILLISECONDS", 1},
    [AST_UNIT_SECONDS] = {"SECOND", "SECONDS", 1000},
    [AST_UNIT_MINUTES] = {"MINUTE", "MINUTES", 60 * 1000},
    [AST_UNIT_HOURS] = {"HOUR", "HOURS", 60 * 60 * 1000},
    [AST_UNIT_DAYS] = {"DAY", "DAYS", 24 * 60 * 60 * 1000},
    [AST_UNIT_WEEKS] = {"WEEK", "WEEKS", 7 * 24 * 60 * 60 * 1000},
    [AST_UNIT_MONTHS] = {"MONTH", "MONTHS", 0},
    [AST_UNIT_YEARS] = {"YEAR", "YEARS", 0},
};

ast_unit unit_from_word(slice word) {
    for (int unit = AST_UNIT_MILLISECONDS; unit <= AST_UNIT_YEARS; unit++)
        if (slice_is_ignore_case(word, UNITS[unit].singular) ||
            slice_is_ignore_case(word, UNITS[unit].plural))
            return (ast_unit)unit;
    return AST_UNIT_NONE;
}

int64_t unit_duration_ms(ast_unit unit) {
    return UNITS[unit].duration_ms;
}

const char *ast_unit_name(ast_unit unit) {
    return UNITS[unit].plural;
}
