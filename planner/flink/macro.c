/* Functions of Flink's that are expressions over others: a text in which `$0`, `$1`, ... stand for
 * the arguments. A function's name with a dollar in front, `$GREATEST`, is the one of the table of
 * functions, without Flink's meaning. Parts that occur twice are computed once.
 */
#include "planner/flink/lowering.h"

#include "parser/parser.h"

typedef struct macro {
    const char *name;
    int count; /* of arguments */
    const char *sql;
} macro;

static const macro MACROS[] = {
    /* numbers */
    {"E", 0, "2.718281828459045e0"},
    {"ROUND", 1, "ROUND($0, 0)"},
    {"TRUNCATE", 1, "TRUNCATE($0, 0)"},
    {"DEGREES", 1, "$0 * 57.29577951308232e0"},
    {"LOG10", 1, "FLINK_LOG10($0)"},
    {"LOG2", 1, "FLINK_LOG2($0)"},
    {"RAND", 0, "`$RANDOM`()"},
    {"RAND", 1, "`$RANDOM`()"},
    {"RAND_INTEGER", 1, "CAST(FLOOR(`$RANDOM`() * $0) AS INT)"},
    {"RAND_INTEGER", 2, "CAST(FLOOR(`$RANDOM`() * $1) AS INT)"},
    /* text */
    {"SIMILAR", 2, "REGEXP($0, '^(' || REPLACE(REPLACE($1, '%', '.*'), '_', '.') || ')$')"},
    {"TRIM", 1, "BTRIM($0, ' ')"},
    {"BTRIM", 1, "BTRIM($0, ' ')"},
    {"LTRIM", 1, "LTRIM($0, ' ')"},
    {"RTRIM", 1, "RTRIM($0, ' ')"},
    {"OVERLAY", 3, "OVERLAY($0, $1, $2, CHAR_LENGTH($1))"},
    {"OVERLAY", 4,
        "CASE WHEN $2 <= 0 OR $2 > CHAR_LENGTH($0) THEN $0 ELSE LEFT($0, $2 - 1) || $1 || "
        "SUBSTRING($0, $2 + $3) END"},
    {"STARTSWITH", 2, "LEFT($0, CHAR_LENGTH($1)) = $1"},
    {"ENDSWITH", 2, "RIGHT($0, CHAR_LENGTH($1)) = $1"},
    {"IS_ALPHA", 1, "COALESCE(REGEXP($0, '^[A-Za-z]+$'), FALSE)"},
    {"IS_DIGIT", 1, "COALESCE(REGEXP($0, '^[0-9]+$'), FALSE)"},
    {"IS_DECIMAL", 1, "COALESCE(REGEXP($0, '^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)$'), FALSE)"},
    {"REGEXP_REPLACE", 3,
        "`$REGEXP_REPLACE`($0, $1, REPLACE(REPLACE($2, '\\', '\\\\'), '$', '\\$'))"},
    {"REGEXP", 2,
        "CASE WHEN $0 IS NULL OR $1 IS NULL THEN NULL ELSE $1 <> '' AND "
        "REGEXP_EXTRACT($0, $1, 0) IS NOT NULL END"},
    {"REGEXP_LIKE", 2, "REGEXP($0, $1)"},
    {"REGEXP_COUNT", 2, "ARRAY_LENGTH(`$REGEXP_EXTRACT_ALL`($1, $0))"},
    {"REGEXP_SUBSTR", 2, "REGEXP_EXTRACT($0, $1, 0)"},
    {"REGEXP_INSTR", 2,
        "CASE WHEN $0 IS NULL OR $1 IS NULL THEN NULL ELSE "
        "COALESCE(LOCATE(REGEXP_EXTRACT($0, $1, 0), $0), 0) END"},
    {"REGEXP_EXTRACT_ALL", 2, "`$REGEXP_EXTRACT_ALL`($1, $0, 1)"},
    {"REGEXP_EXTRACT_ALL", 3, "`$REGEXP_EXTRACT_ALL`($1, $0, $2)"},
    {"TO_BASE64", 1, "`$ENCODE`($0, 'utf8', 'base64')"},
    {"FROM_BASE64", 1, "`$ENCODE`($0, 'base64', 'utf8')"},
    {"UNHEX", 1, "TO_BYTES($0, 'hex')"},
    {"ENCODE", 2,
        "TO_BYTES($0, CASE UPPER($1) WHEN 'UTF-8' THEN 'utf8' WHEN 'US-ASCII' THEN 'ascii' ELSE $1 "
        "END)"},
    {"DECODE", 2,
        "FROM_BYTES($0, CASE UPPER($1) WHEN 'UTF-8' THEN 'utf8' WHEN 'US-ASCII' THEN 'ascii' ELSE "
        "$1 END)"},
    {"URL_ENCODE", 1, "URL_ENCODE_PARAM($0)"},
    {"URL_DECODE", 1, "URL_DECODE_PARAM($0)"},
    {"PARSE_URL", 2,
        "CASE $1 WHEN 'HOST' THEN URL_EXTRACT_HOST($0) WHEN 'PATH' THEN URL_EXTRACT_PATH($0) "
        "WHEN 'QUERY' THEN URL_EXTRACT_QUERY($0) WHEN 'REF' THEN URL_EXTRACT_FRAGMENT($0) "
        "WHEN 'PROTOCOL' THEN URL_EXTRACT_PROTOCOL($0) "
        "WHEN 'FILE' THEN REGEXP_EXTRACT($0, '^[^:/?#]+://[^/?#]*([^#]*)', 1) "
        "WHEN 'AUTHORITY' THEN REGEXP_EXTRACT($0, '^[^:/?#]+://([^/?#]*)', 1) "
        "WHEN 'USERINFO' THEN REGEXP_EXTRACT($0, '^[^:/?#]+://([^/?#@]*)@', 1) END"},
    {"PARSE_URL", 3, "CASE $1 WHEN 'QUERY' THEN URL_EXTRACT_PARAMETER($0, $2) END"},
    {"STR_TO_MAP", 1, "STR_TO_MAP($0, ',', '=')"},
    {"SHA2", 2,
        "CASE $1 WHEN 224 THEN SHA224($0) WHEN 256 THEN SHA256($0) WHEN 384 THEN SHA384($0) WHEN "
        "512 THEN SHA512($0) END"},
    /* times */
    {"CURRENT_DATE", 0, "CAST(FLINK_NOW() AS DATE)"},
    {"CURRENT_TIME", 0, "CAST(FLINK_NOW() AS TIME)"},
    {"LOCALTIME", 0, "CAST(FLINK_NOW() AS TIME)"},
    {"TO_DATE", 1, "CAST($0 AS DATE)"},
    {"TO_DATE", 2, "PARSE_DATE($0, $1)"},
    {"TO_TIMESTAMP_LTZ", 1, "FLINK_TO_TIMESTAMP_LTZ($0)"},
    {"FROM_UNIXTIME", 1, "DATE_FORMAT(TO_TIMESTAMP_LTZ($0, 0), 'yyyy-MM-dd HH:mm:ss')"},
    {"FROM_UNIXTIME", 2, "DATE_FORMAT(TO_TIMESTAMP_LTZ($0, 0), $1)"},
    {"UNIX_TIMESTAMP", 0, "FLINK_MS_BETWEEN(TIMESTAMP '1970-01-01 00:00:00', FLINK_NOW()) / 1000"},
    {"UNIX_TIMESTAMP", 1,
        "FLINK_MS_BETWEEN(TIMESTAMP '1970-01-01 00:00:00', TO_TIMESTAMP($0)) / 1000"},
    {"UNIX_TIMESTAMP", 2,
        "FLINK_MS_BETWEEN(TIMESTAMP '1970-01-01 00:00:00', TO_TIMESTAMP($0, $1)) / 1000"},
    {"CONVERT_TZ", 3,
        "DATE_FORMAT(`$CONVERT_TZ`(TO_TIMESTAMP($0), $1, $2), 'yyyy-MM-dd HH:mm:ss')"},
    {"OVERLAPS", 4, "$1 >= $2 AND $3 >= $0"},
    /* collections */
    {"ELEMENT", 1, "CASE WHEN ARRAY_LENGTH($0) = 1 THEN $0[1] END"},
    {"ARRAY_APPEND", 2, "CASE WHEN $0 IS NULL THEN NULL ELSE `$ARRAY_CONCAT`($0, ARRAY[$1]) END"},
    {"ARRAY_PREPEND", 2, "CASE WHEN $0 IS NULL THEN NULL ELSE `$ARRAY_CONCAT`(ARRAY[$1], $0) END"},
    {"ARRAY_CONCAT", 1, "$0"},
    {"ARRAY_CONCAT", 2,
        "CASE WHEN $0 IS NULL OR $1 IS NULL THEN NULL ELSE `$ARRAY_CONCAT`($0, $1) END"},
    {"ARRAY_CONCAT", 3, "ARRAY_CONCAT(ARRAY_CONCAT($0, $1), $2)"},
    {"ARRAY_CONCAT", 4, "ARRAY_CONCAT(ARRAY_CONCAT($0, $1, $2), $3)"},
    {"ARRAY_CONTAINS", 2, "CASE WHEN $0 IS NULL THEN NULL ELSE `$ARRAY_CONTAINS`($0, $1) END"},
    {"MAP_UNION", 2, "CASE WHEN $0 IS NULL OR $1 IS NULL THEN NULL ELSE `$MAP_UNION`($0, $1) END"},
    {"ARRAY_JOIN", 2, "FLINK_ARRAY_JOIN($0, $1)"},
    {"ARRAY_JOIN", 3, "FLINK_ARRAY_JOIN($0, $1, $2)"},
    {"ARRAY_SLICE", 2, "ARRAY_SLICE($0, $1, ARRAY_LENGTH($0))"},
    {"ARRAY_SORT", 2,
        "CASE WHEN $1 THEN `$ARRAY_SORT`($0, 'ASC') ELSE `$ARRAY_SORT`($0, 'DESC') END"},
    {"MAP_FROM_ARRAYS", 2, "AS_MAP($0, $1)"},
    {"MAP_ENTRIES", 1, "ENTRIES($0, FALSE)"},
    /* JSON */
    {"JSON_STRING", 1, "TO_JSON_STRING($0)"},
    {"JSON", 1, "$0"},
};

/* ---- copies with the arguments in their places ---- */

typedef struct filling {
    lowering *l;
    ast_expression *const *arguments;
    int count;
    source_span span;
} filling;

static bool fill(void *context, const ast_expression *part) {
    const filling *f = context;
    ast_expression *node = (ast_expression *)part; /* of a tree that was parsed here */
    slice name = node->kind == AST_EXPRESSION_COLUMN ? node->column.name.text : (slice){0};
    if (name.length == 2 && name.data[0] == '$' && name.data[1] >= '0' &&
        name.data[1] < '0' + f->count)
        *node = *f->arguments[name.data[1] - '0'];
    else
        node->span = f->span;
    if (node->kind == AST_EXPRESSION_OVER) /* what it calls is not visited otherwise */
        ast_expression_visit(node->over.call, fill, context);
    return false;
}

ast_expression *flink_template(
    lowering *l, const char *sql, ast_expression *const *arguments, int count, source_span span) {
    error e = {0};
    buffer quoted = {0}; /* $0 is a name in backquotes */
    bool in_name = false;
    for (const char *at = sql; *at; at++) {
        in_name ^= *at == '`';
        bool is_place = !in_name && at[0] == '$' && at[1] >= '0' && at[1] <= '9';
        if (is_place)
            buffer_format(&quoted, "`$%c`", *++at);
        else
            buffer_append_byte(&quoted, *at);
    }
    slice text = arena_copy(l->b.arena, buffer_slice(&quoted));
    buffer_free(&quoted);
    ast_expression *tree = parser_parse_expression_in(l->b.arena, PARSER_FLINK, text, &e);
    assert(tree);
    filling f = {l, arguments, count, span};
    ast_expression_visit(tree, fill, &f);
    return tree;
}

const expression *flink_macro(
    lowering *l, expression_scope *scope, const ast_expression *ast, error *e) {
    slice name = ast->call.name.text;
    int count = ast->call.arguments.count;
    for (size_t i = 0; i < sizeof MACROS / sizeof *MACROS; i++)
        if (MACROS[i].count == count && slice_is_ignore_case(name, MACROS[i].name))
            return expression_analyze(scope,
                flink_template(l, MACROS[i].sql, ast->call.arguments.items, count, ast->span), e);
    return NULL;
}
