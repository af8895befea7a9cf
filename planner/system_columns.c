/* system_columns.c - see the header. */
#include "planner/system_columns.h"

#include "planner/expression_analysis.h"

bool system_column_is_reserved(slice name) {
    for (int pseudo = PSEUDO_ROWTIME; pseudo <= PSEUDO_WINDOWEND; pseudo++)
        if (slice_equal(name, pseudo_column_name((pseudo_column)pseudo)))
            return true;
    return false;
}

bool system_column_is_window_bound(slice name) {
    return slice_equal(name, pseudo_column_name(PSEUDO_WINDOWSTART)) ||
           slice_equal(name, pseudo_column_name(PSEUDO_WINDOWEND));
}

static bool check_time_format(
    const planner_options *options, slice pattern, source_span span, error *e) {
    error wrong = {0};
    if (!options || !options->time_format ||
        options->time_format(options->context, pattern, &wrong))
        return true;
    return error_at(e, ERROR_STATEMENT, span, "TIMESTAMP_FORMAT '%.*s' cannot be used: %s",
        SLICE_ARG(pattern), wrong.message);
}

bool timestamp_column_check(
    const source_descriptor *source, const planner_options *options, source_span span, error *e) {
    if (!source->timestamp_column.data) {
        if (!source->timestamp_format.data)
            return true;
        return error_at(
            e, ERROR_STATEMENT, span, "TIMESTAMP_FORMAT needs the TIMESTAMP property beside it");
    }
    int index = source_column_index(source, source->timestamp_column);
    if (index < 0) {
        error_at(e, ERROR_STATEMENT, span, "The TIMESTAMP column `%.*s` does not exist in `%.*s`",
            SLICE_ARG(source->timestamp_column), SLICE_ARG(source->name));
        return error_hint(e, "TIMESTAMP names one of the columns of the source itself.");
    }
    sql_base base = source->columns[index].type->base;
    if (source->timestamp_format.data) {
        if (base != SQL_VARCHAR)
            return error_at(e, ERROR_STATEMENT, span,
                "TIMESTAMP_FORMAT is only for TIMESTAMP columns of type STRING");
        return check_time_format(options, source->timestamp_format, span, e);
    }
    if (base == SQL_VARCHAR) {
        error_at(e, ERROR_STATEMENT, span,
            "The TIMESTAMP column `%.*s` is a STRING, so its format must be known",
            SLICE_ARG(source->timestamp_column));
        return error_hint(e, "Add TIMESTAMP_FORMAT='yyyy-MM-dd HH:mm:ss' to the WITH clause.");
    }
    if (base != SQL_BIGINT && base != SQL_TIMESTAMP)
        return error_at(e, ERROR_STATEMENT, span,
            "The TIMESTAMP column `%.*s` must be a BIGINT (milliseconds), a TIMESTAMP, or a STRING "
            "with TIMESTAMP_FORMAT",
            SLICE_ARG(source->timestamp_column));
    return true;
}
