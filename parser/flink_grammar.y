/* flink_grammar.y - what the Flink dialect adds; the build puts it behind grammar.y.
 *
 * Expressions, types and some clauses are those of grammar.y, enlarged here. No ksqlDB text reaches
 * these productions: each of them needs a terminal that only a Flink text has, be it a word
 * (flink_keyword.c) or one that flink_refine.c makes of its surroundings:
 *   QUERY_PAREN    a "(" that opens a query                     ROW_PAREN     one that opens (a, b)
 *   FLINK_DOT      the "." before a ROW's field                 FLINK_NOT     NOT of a type: NOT NULL
 *   FLINK_IS       IS before [NOT] TRUE, FALSE, UNKNOWN         FLINK_INTERVAL  before a string
 *   FLINK_EXISTS   EXISTS before a query
 *   TYPED          DATE, TIME and TIMESTAMP before a string     TYPE_WITH     WITH [LOCAL] TIME ZONE
 *   JSON_WITHOUT   WITHOUT [ARRAY] WRAPPER                 JSON_OBJECT   before a "(" with entries
 *   JSON_KEY, JSON_COLON   KEY, and VALUE or a colon, in JSON_OBJECT and JSON_OBJECTAGG
 *   ARGUMENT_FROM, ARGUMENT_IN   inside the parentheses of EXTRACT, TRIM, SUBSTRING, POSITION
 *   QUANTIFIER     ANY, SOME and ALL between a comparison and a "("
 */

%fallback IDENTIFIER
  ABSENT AFTER BEGIN BOTH CATALOG CATALOGS CHANGELOG_MODE COLUMNS COMMENT CONDITIONAL CUBE DATABASE DATABASES DEFAULT EMPTY ENFORCED ERROR ESTIMATED_COST EXCLUDING
  EXECUTE FOLLOWING GROUPING INCLUDING JAR JARS JOB JOBS JSON JSON_EXECUTION_PLAN LANGUAGE LEADING LOCAL MATCH MEASURES METADATA NEXT
  OF ONE ONLY OPTIONS ORDINALITY OVERWRITE OVERWRITING PARTITIONED PAST PATTERN PER PLAN PLAN_ADVICE PRECEDING
  PLACING PRECISION RENAME RESET RETURNING ROLLUP SETS SKIP STATEMENT STOP SYSTEM_TIME TEMPORARY TRAILING UNBOUNDED
  UNCONDITIONAL UNKNOWN USE USER VIEW VIEWS VIRTUAL WITHOUT WRAPPER.

%nonassoc ONE_UNIT.
%nonassoc TO.

%include {
#include "parser/build_flink.h"
}

goal ::= GOAL_FLINK flink_statement(S).         { p->statement = S; }

/* ---- names ---- */

/* Tables have three names in Flink; the first two are always the defaults. */
%type path {ast_name}
path(R) ::= name(N).                            { R = N; }
path(R) ::= name(D) DOT name(N).                { R = flink_build_path(p, NULL, &D, N); }
path(R) ::= name(C) DOT name(D) FLINK_DOT name(N).
                                                { R = flink_build_path(p, &C, &D, N); }

%type flink_alias {flink_build_alias}
flink_alias(R) ::= .                            { R = (flink_build_alias){ast_build_no_name(), {0}}; }
flink_alias(R) ::= name(N) column_names(L).     { R = (flink_build_alias){N, L}; }
flink_alias(R) ::= AS name(N) column_names(L).  { R = (flink_build_alias){N, L}; }

/* ---- types ---- */

type(R) ::= type(T) FLINK_NOT NULL.             { R = flink_build_not_null(p, T); }
type(R) ::= IDENTIFIER(T) PRECISION.            { R = ast_build_type_named(p, &T, -1, -1); }
type(R) ::= IDENTIFIER(T) time_zone(Z).         { R = flink_build_zoned(p, &T, -1, Z); }
type(R) ::= IDENTIFIER(T) LEFT_PAREN INTEGER(A) RIGHT_PAREN time_zone(Z).
                                                { R = flink_build_zoned(p, &T, ast_build_int(p, &A), Z); }
type(R) ::= ROW(S) LESS flink_fields(F) GREATER.
                                                { R = ast_build_type_struct(p, &S, F); }
type(R) ::= ROW(S) LEFT_PAREN flink_fields(F) RIGHT_PAREN.
                                                { R = ast_build_type_struct(p, &S, F); }
type(R) ::= ROW(S) LESS GREATER.                { R = ast_build_type_struct(p, &S, (ast_type_field_list){0}); }
type(R) ::= ROW(S) NOT_EQUAL.                   { R = ast_build_type_struct(p, &S, (ast_type_field_list){0}); }
%type time_zone {bool}
time_zone(R) ::= TYPE_WITH LOCAL TIME ZONE.     { R = true; }
time_zone(R) ::= WITHOUT TIME ZONE.             { R = false; }

%type flink_fields {ast_type_field_list}
flink_fields(R) ::= name(N) type(T) field_comment.
                                                { R = (ast_type_field_list){0}; ast_build_append(p, R, ((ast_type_field){N, T})); }
flink_fields(R) ::= flink_fields(L) COMMA name(N) type(T) field_comment.
                                                { R = L; ast_build_append(p, R, ((ast_type_field){N, T})); }
field_comment ::= .
field_comment ::= STRING.

/* ---- expressions ---- */

predicate(R) ::= value(A) negated(N) IN QUERY_PAREN flink_query(Q) RIGHT_PAREN.
                                                { R = flink_build_in_query(p, A, N, Q); }
predicate(R) ::= value(A) comparison(O) QUANTIFIER(T) QUERY_PAREN flink_query(Q) RIGHT_PAREN.
                                                { R = flink_build_compared_query(p, A, O, &T, Q); }
predicate(R) ::= value(A) comparison(O) QUANTIFIER(T) LEFT_PAREN conditions(L) RIGHT_PAREN.
                                                { R = flink_build_compared_list(p, A, O, &T, L); }
predicate(R) ::= value(A) negated(N) SIMILAR TO value(B).
                                                { R = flink_build_similar(p, A, N, B); }
predicate(R) ::= value(A) FLINK_IS negated(N) TRUE(T).
                                                { R = flink_build_is_boolean(p, A, N, &T, true); }
predicate(R) ::= value(A) FLINK_IS negated(N) FALSE(T).
                                                { R = flink_build_is_boolean(p, A, N, &T, false); }
predicate(R) ::= value(A) FLINK_IS negated(N) JSON. [ONE_UNIT]
                                                { R = flink_build_is_json(p, A, N, NULL); }
predicate(R) ::= value(A) FLINK_IS negated(N) JSON JSON_KIND(K).
                                                { R = flink_build_is_json(p, A, N, &K); }
predicate(R) ::= value(A) negated(N) BETWEEN SYMMETRIC value(L) AND value(U).
                                                { R = flink_build_between_symmetric(p, A, N, L, U); }
predicate(R) ::= value(A) negated(N) BETWEEN ASYMMETRIC value(L) AND value(U).
                                                { R = ast_build_between(p, A, N, L, U); }
predicate(R) ::= value(A) OVERLAPS value(B).    { R = flink_build_overlaps(p, A, B); }
predicate(R) ::= value(A) FLINK_IS negated(N) UNKNOWN.
                                                { R = ast_build_is_null(p, A, N); }

primary(R) ::= QUERY_PAREN(T) flink_query(Q) RIGHT_PAREN.
                                                { R = flink_build_subquery(p, AST_EXPRESSION_SUBQUERY, &T, Q); }
primary(R) ::= FLINK_EXISTS(T) QUERY_PAREN flink_query(Q) RIGHT_PAREN.
                                                { R = flink_build_subquery(p, AST_EXPRESSION_EXISTS, &T, Q); }
primary(R) ::= ROW_PAREN(T) conditions(L) RIGHT_PAREN.
                                                { R = flink_build_row(p, &T, L, true); }
primary(R) ::= ROW(T) LEFT_PAREN conditions(L) RIGHT_PAREN.
                                                { R = flink_build_row(p, &T, L, false); }
primary(R) ::= primary(A) FLINK_DOT name(N).    { R = ast_build_dereference(p, A, N); }
primary(R) ::= TYPED(T) STRING(S).              { R = flink_build_typed_string(p, &T, &S); }
primary(R) ::= FLINK_INTERVAL(T) flink_sign(G) STRING(S) interval_unit(U).
                                                { R = flink_build_interval(p, &T, G, &S, U); }
primary(R) ::= TRY_CAST(T) LEFT_PAREN condition(A) AS type(Y) RIGHT_PAREN.
                                                { R = ast_build_cast(p, &T, A, Y); R->cast.is_try = true; }
primary(R) ::= MAP(T) LEFT_BRACKET RIGHT_BRACKET.
                                                { R = ast_build_map(p, &T, (ast_map_entry_list){0}); }
primary(R) ::= MAP(T) LEFT_BRACKET conditions(L) RIGHT_BRACKET.
                                                { R = flink_build_map(p, &T, L); }

%type flink_sign {bool}
flink_sign(R) ::= .                             { R = false; }
flink_sign(R) ::= PLUS.                         { R = false; }
flink_sign(R) ::= MINUS.                        { R = true; }
%type interval_unit {flink_build_unit}
interval_unit(R) ::= interval_part(F). [ONE_UNIT]  { R = (flink_build_unit){F, F}; }
interval_unit(R) ::= interval_part(F) TO interval_part(L).
                                                { R = (flink_build_unit){F, L}; }
%type interval_part {token}
interval_part(R) ::= IDENTIFIER(T).             { R = T; }
interval_part(R) ::= IDENTIFIER(T) LEFT_PAREN INTEGER RIGHT_PAREN.
                                                { R = T; }

/* Calls with words between their arguments. */
primary(R) ::= name(N) LEFT_PAREN condition(A) ARGUMENT_FROM condition(B) RIGHT_PAREN.
                                                { R = flink_build_call_from(p, N, NULL, A, B, NULL); }
primary(R) ::= name(N) LEFT_PAREN condition(A) ARGUMENT_FROM condition(B) FOR condition(C) RIGHT_PAREN.
                                                { R = flink_build_call_from(p, N, NULL, A, B, C); }
primary(R) ::= name(N) LEFT_PAREN trim_side(S) condition(A) ARGUMENT_FROM condition(B) RIGHT_PAREN.
                                                { R = flink_build_call_from(p, N, &S, A, B, NULL); }
primary(R) ::= name(N) LEFT_PAREN trim_side(S) ARGUMENT_FROM condition(B) RIGHT_PAREN.
                                                { R = flink_build_call_from(p, N, &S, NULL, B, NULL); }
primary(R) ::= name(N) LEFT_PAREN value(A) ARGUMENT_IN value(B) RIGHT_PAREN.
                                                { R = flink_build_call_two(p, N, A, B); }
primary(R) ::= name(N) LEFT_PAREN condition(A) PLACING condition(B) ARGUMENT_FROM condition(C) RIGHT_PAREN.
                                                { R = flink_build_overlay(p, N, A, B, C, NULL); }
primary(R) ::= name(N) LEFT_PAREN condition(A) PLACING condition(B) ARGUMENT_FROM condition(C) FOR condition(D) RIGHT_PAREN.
                                                { R = flink_build_overlay(p, N, A, B, C, D); }
primary(R) ::= name(N) LEFT_PAREN arguments(L) json_options(J) RIGHT_PAREN.
                                                { R = flink_build_json_call(p, N, L, J); }
primary(R) ::= JSON_OBJECT(T) LEFT_PAREN json_entries(L) RIGHT_PAREN.
                                                { R = flink_build_json_object(p, &T, L, NULL); }
primary(R) ::= JSON_OBJECT(T) LEFT_PAREN json_entries(L) json_nulls(N) RIGHT_PAREN.
                                                { R = flink_build_json_object(p, &T, L, N); }
%type json_entries {ast_expression_list}
json_entries(R) ::= json_entry(E).              { R = E; }
json_entries(R) ::= json_entries(L) COMMA json_entry(E).
                                                { R = L; ast_build_append(p, R, E.items[0]); ast_build_append(p, R, E.items[1]); }
%type json_entry {ast_expression_list}
json_entry(R) ::= json_key value(K) JSON_COLON condition(V).
                                                { R = (ast_expression_list){0}; ast_build_append(p, R, K); ast_build_append(p, R, V); }
json_key ::= .
json_key ::= JSON_KEY.
%type json_nulls {const char *}
json_nulls(R) ::= NULL ON NULL.                 { R = "NULL"; }
json_nulls(R) ::= ABSENT ON NULL.               { R = "ABSENT"; }
%type json_options {flink_build_json}
json_options(R) ::= json_option(O).             { R = O; }
json_options(R) ::= json_options(L) json_option(O).
                                                { R = flink_build_json_option(L, O); }
%type json_option {flink_build_json}
json_option(R) ::= RETURNING type(T).           { R = (flink_build_json){.returning = T}; }
json_option(R) ::= json_answer(A) ON EMPTY.     { R = (flink_build_json){.on_empty = A}; }
json_option(R) ::= json_answer(A) ON ERROR.     { R = (flink_build_json){.on_error = A}; }
json_option(R) ::= NULL ON EMPTY.               { R = (flink_build_json){.on_empty = {"NULL", NULL}}; }
json_option(R) ::= NULL ON ERROR.               { R = (flink_build_json){.on_error = {"NULL", NULL}}; }
json_option(R) ::= json_nulls(N).               { R = (flink_build_json){.on_null = N}; }
json_option(R) ::= JSON_WITHOUT json_array WRAPPER.  { R = (flink_build_json){0}; }
json_option(R) ::= WITH json_array WRAPPER.     { R = (flink_build_json){.wraps = "UNCONDITIONAL"}; }
json_option(R) ::= WITH UNCONDITIONAL json_array WRAPPER.
                                                { R = (flink_build_json){.wraps = "UNCONDITIONAL"}; }
json_option(R) ::= WITH CONDITIONAL json_array WRAPPER.
                                                { R = (flink_build_json){.wraps = "CONDITIONAL"}; }
%type json_answer {flink_build_json_answer}
json_answer(R) ::= DEFAULT value(E).            { R = (flink_build_json_answer){"DEFAULT", E}; }
json_answer(R) ::= ERROR.                       { R = (flink_build_json_answer){"ERROR", NULL}; }
json_answer(R) ::= TRUE.                        { R = (flink_build_json_answer){"TRUE", NULL}; }
json_answer(R) ::= FALSE.                       { R = (flink_build_json_answer){"FALSE", NULL}; }
json_answer(R) ::= UNKNOWN.                     { R = (flink_build_json_answer){"UNKNOWN", NULL}; }
json_answer(R) ::= EMPTY IDENTIFIER(T).         { R = (flink_build_json_answer){slice_is_ignore_case(T.text, "ARRAY") ? "ARRAY" : "OBJECT", NULL}; }
json_array ::= .
json_array ::= ARRAY.
primary(R) ::= name(N) LEFT_PAREN condition(A) TO name(U) RIGHT_PAREN.
                                                { R = flink_build_call_two(p, N, A, ast_build_column(p, ast_build_no_name(), U)); }
%type trim_side {token}
trim_side(R) ::= BOTH(T).                       { R = T; }
trim_side(R) ::= LEADING(T).                    { R = T; }
trim_side(R) ::= TRAILING(T).                   { R = T; }

primary(R) ::= filtered_call(C).                { R = C; }
primary(R) ::= call(C) OVER over(W).            { R = flink_build_over_call(p, C, W); }
primary(R) ::= filtered_call(C) OVER over(W).   { R = flink_build_over_call(p, C, W); }
%type filtered_call {ast_expression *}
filtered_call(R) ::= call(C) FILTER LEFT_PAREN WHERE condition(F) RIGHT_PAREN.
                                                { R = flink_build_filter(p, C, F); }

%type over {flink_over *}
over(R) ::= name(N).                            { R = flink_build_over_name(p, N); }
over(R) ::= LEFT_PAREN(T) over_base(B) over_partition(P) order_by(O) frame(F) RIGHT_PAREN.
                                                { R = flink_build_over(p, &T, B, P, O, F); }
%type over_base {ast_name}
over_base(R) ::= .                              { R = ast_build_no_name(); }
over_base(R) ::= name(N).                       { R = N; }
%type over_partition {ast_expression_list}
over_partition(R) ::= .                         { R = (ast_expression_list){0}; }
over_partition(R) ::= PARTITION BY values(L).   { R = L; }
%type frame {flink_over *}
frame(R) ::= .                                  { R = NULL; }
frame(R) ::= frame_kind(K) frame_bound(F).      { R = flink_build_frame(p, K, F, NULL); }
frame(R) ::= frame_kind(K) BETWEEN frame_bound(F) AND frame_bound(T).
                                                { R = flink_build_frame(p, K, F, T); }
%type frame_kind {bool}
frame_kind(R) ::= ROWS.                         { R = false; }
frame_kind(R) ::= RANGE.                        { R = true; }
%type frame_bound {flink_frame_bound *}
frame_bound(R) ::= UNBOUNDED PRECEDING.         { R = flink_build_bound(p, FLINK_UNBOUNDED_PRECEDING, NULL); }
frame_bound(R) ::= UNBOUNDED FOLLOWING.         { R = flink_build_bound(p, FLINK_UNBOUNDED_FOLLOWING, NULL); }
frame_bound(R) ::= CURRENT ROW.                 { R = flink_build_bound(p, FLINK_CURRENT_ROW, NULL); }
frame_bound(R) ::= value(A) PRECEDING.          { R = flink_build_bound(p, FLINK_PRECEDING, A); }
frame_bound(R) ::= value(A) FOLLOWING.          { R = flink_build_bound(p, FLINK_FOLLOWING, A); }

/* ---- relations ---- */

%type hints {flink_hint_list}
hints(R) ::= .                                  { R = (flink_hint_list){0}; }
hints(R) ::= HINT_OPEN hint_list(L) HINT_CLOSE. { R = L; }
%type hint_list {flink_hint_list}
hint_list(R) ::= hint(H).                       { R = (flink_hint_list){0}; ast_build_append(p, R, *H); }
hint_list(R) ::= hint_list(L) COMMA hint(H).    { R = L; ast_build_append(p, R, *H); }
hint_list(R) ::= hint_list(L) hint(H).          { R = L; ast_build_append(p, R, *H); }
%type hint {flink_hint *}
hint(R) ::= name(N).                            { R = flink_build_hint(p, N, (ast_property_list){.span = SPAN_NONE}, (ast_name_list){0}); }
hint(R) ::= name(N) LEFT_PAREN properties(L) RIGHT_PAREN.
                                                { R = flink_build_hint(p, N, L, (ast_name_list){0}); }
hint(R) ::= name(N) LEFT_PAREN hint_words(L) RIGHT_PAREN.
                                                { R = flink_build_hint(p, N, (ast_property_list){.span = SPAN_NONE}, L); }
%type hint_words {ast_name_list}
hint_words(R) ::= name_or_string(N).            { R = (ast_name_list){0}; ast_build_append(p, R, N); }
hint_words(R) ::= hint_words(L) COMMA name_or_string(N).
                                                { R = L; ast_build_append(p, R, N); }

%type relations {flink_relation *}
relations(R) ::= joined(A).                     { R = A; }
relations(R) ::= relations(A) COMMA joined(B).  { R = flink_build_join(p, FLINK_JOIN_CROSS, A, B, NULL, (ast_name_list){0}); }

%type joined {flink_relation *}
joined(R) ::= factor(A).                        { R = A; }
joined(R) ::= joined(A) CROSS JOIN factor(B).   { R = flink_build_join(p, FLINK_JOIN_CROSS, A, B, NULL, (ast_name_list){0}); }
joined(R) ::= joined(A) NATURAL flink_join_kind(K) JOIN factor(B).
                                                { R = flink_build_join(p, K, A, B, NULL, (ast_name_list){0}); R->join.natural = true; }
joined(R) ::= joined(A) flink_join_kind(K) JOIN factor(B) ON condition(C).
                                                { R = flink_build_join(p, K, A, B, C, (ast_name_list){0}); }
joined(R) ::= joined(A) flink_join_kind(K) JOIN factor(B) USING LEFT_PAREN names(L) RIGHT_PAREN.
                                                { R = flink_build_join(p, K, A, B, NULL, L); }
%type flink_join_kind {flink_join_kind}
flink_join_kind(R) ::= .                        { R = FLINK_JOIN_INNER; }
flink_join_kind(R) ::= INNER.                   { R = FLINK_JOIN_INNER; }
flink_join_kind(R) ::= LEFT outer.              { R = FLINK_JOIN_LEFT; }
flink_join_kind(R) ::= RIGHT outer.             { R = FLINK_JOIN_RIGHT; }
flink_join_kind(R) ::= FULL outer.              { R = FLINK_JOIN_FULL; }

%type factor {flink_relation *}
factor(R) ::= named_relation(F) flink_alias(A). { R = flink_build_aliased(p, F, A); }
factor(R) ::= LEFT_PAREN relations(F) RIGHT_PAREN.
                                                { R = F; }
factor(R) ::= QUERY_PAREN(T) flink_query(Q) RIGHT_PAREN flink_alias(A).
                                                { R = flink_build_query_relation(p, &T, Q, false, A); }
factor(R) ::= LATERAL(T) QUERY_PAREN flink_query(Q) RIGHT_PAREN flink_alias(A).
                                                { R = flink_build_query_relation(p, &T, Q, true, A); }
factor(R) ::= TABLE(T) LEFT_PAREN table_call(C) RIGHT_PAREN flink_alias(A).
                                                { R = flink_build_call_relation(p, &T, C, false, A); }
factor(R) ::= LATERAL(T) TABLE LEFT_PAREN table_call(C) RIGHT_PAREN flink_alias(A).
                                                { R = flink_build_call_relation(p, &T, C, true, A); }
factor(R) ::= table_call(C) flink_alias(A).     { R = flink_build_call_relation(p, NULL, C, false, A); }
factor(R) ::= lateral(L) UNNEST(T) LEFT_PAREN condition(E) RIGHT_PAREN ordinality(O) flink_alias(A).
                                                { R = flink_build_unnest(p, &T, E, L, O, A); }
factor(R) ::= match_input(I) MATCH_RECOGNIZE LEFT_PAREN match(M) RIGHT_PAREN flink_alias(A).
                                                { R = flink_build_match_relation(p, I, M, A); }
%type lateral {bool}
lateral(R) ::= .                                { R = false; }
lateral(R) ::= LATERAL.                         { R = true; }
%type ordinality {bool}
ordinality(R) ::= .                             { R = false; }
ordinality(R) ::= WITH ORDINALITY.              { R = true; }

%type named_relation {flink_relation *}
named_relation(R) ::= path(N) hints(H).         { R = flink_build_named(p, N, H, NULL); }
named_relation(R) ::= path(N) hints(H) FOR SYSTEM_TIME AS OF value(E).
                                                { R = flink_build_named(p, N, H, E); }

/* f(a, TABLE t, name => value) */
%type table_call {flink_build_call *}
table_call(R) ::= name(N) LEFT_PAREN RIGHT_PAREN.
                                                { R = flink_build_table_call(p, N, (flink_build_argument_list){0}); }
table_call(R) ::= name(N) LEFT_PAREN table_arguments(L) RIGHT_PAREN.
                                                { R = flink_build_table_call(p, N, L); }
%type table_arguments {flink_build_argument_list}
table_arguments(R) ::= table_argument(A).       { R = (flink_build_argument_list){0}; ast_build_append(p, R, *A); }
table_arguments(R) ::= table_arguments(L) COMMA table_argument(A).
                                                { R = L; ast_build_append(p, R, *A); }
%type table_argument {flink_build_argument *}
table_argument(R) ::= argument(E).              { R = flink_build_value_argument(p, E); }
table_argument(R) ::= table_operand(A).         { R = A; }
table_argument(R) ::= name(N) LAMBDA_ARROW table_operand(A).
                                                { R = A; R->name = N; }
%type table_operand {flink_build_argument *}
table_operand(R) ::= TABLE(T) path(N) hints(H) table_partition(P).
                                                { R = flink_build_table_argument(p, &T, flink_build_named(p, N, H, NULL), P); }
table_operand(R) ::= TABLE(T) QUERY_PAREN(O) flink_query(Q) RIGHT_PAREN table_partition(P).
                                                { R = flink_build_table_argument(p, &T, flink_build_query_relation(p, &O, Q, false, (flink_build_alias){ast_build_no_name(), {0}}), P); }

/* Several columns stand in parentheses, as a comma ends the argument. */
%type table_partition {ast_expression *}
table_partition(R) ::= .                        { R = NULL; }
table_partition(R) ::= PARTITION BY value(A).   { R = A; }

/* ---- MATCH_RECOGNIZE ---- */

%type match_input {flink_relation *}
match_input(R) ::= named_relation(F).           { R = F; }
match_input(R) ::= QUERY_PAREN(T) flink_query(Q) RIGHT_PAREN.
                                                { R = flink_build_query_relation(p, &T, Q, false, (flink_build_alias){ast_build_no_name(), {0}}); }

%type match {flink_match *}
match(R) ::= over_partition(P) order_by(O) measures(M) rows_per_match(A) after_match(S)
             PATTERN LEFT_PAREN pattern(T) RIGHT_PAREN match_within(W) DEFINE defines(D).
                                                { R = flink_build_match(p, P, O, M, A, S, T, W, D); }
%type measures {ast_select_list}
measures(R) ::= .                               { R = (ast_select_list){0}; }
measures(R) ::= MEASURES measure_items(L).      { R = L; }
%type measure_items {ast_select_list}
measure_items(R) ::= condition(E) AS name(N).   { R = (ast_select_list){0}; ast_build_append(p, R, *ast_build_select_expression(p, E, N)); }
measure_items(R) ::= measure_items(L) COMMA condition(E) AS name(N).
                                                { R = L; ast_build_append(p, R, *ast_build_select_expression(p, E, N)); }
%type rows_per_match {bool}
rows_per_match(R) ::= .                         { R = false; }
rows_per_match(R) ::= ONE ROW PER MATCH.        { R = false; }
rows_per_match(R) ::= ALL ROWS PER MATCH.       { R = true; }
%type after_match {flink_build_skip}
after_match(R) ::= .                            { R = (flink_build_skip){FLINK_SKIP_TO_NEXT_ROW, ast_build_no_name()}; }
after_match(R) ::= AFTER MATCH SKIP PAST LAST ROW.
                                                { R = (flink_build_skip){FLINK_SKIP_PAST_LAST_ROW, ast_build_no_name()}; }
after_match(R) ::= AFTER MATCH SKIP TO NEXT ROW.
                                                { R = (flink_build_skip){FLINK_SKIP_TO_NEXT_ROW, ast_build_no_name()}; }
after_match(R) ::= AFTER MATCH SKIP TO FIRST name(N).
                                                { R = (flink_build_skip){FLINK_SKIP_TO_FIRST, N}; }
after_match(R) ::= AFTER MATCH SKIP TO name(N). { R = (flink_build_skip){FLINK_SKIP_TO_LAST, N}; }
after_match(R) ::= AFTER MATCH SKIP TO LAST name(N).
                                                { R = (flink_build_skip){FLINK_SKIP_TO_LAST, N}; }
%type match_within {ast_expression *}
match_within(R) ::= .                           { R = NULL; }
match_within(R) ::= WITHIN value(E).            { R = E; }
%type defines {flink_define_list}
defines(R) ::= name(N) AS condition(E).         { R = (flink_define_list){0}; ast_build_append(p, R, ((flink_define){N, E})); }
defines(R) ::= defines(L) COMMA name(N) AS condition(E).
                                                { R = L; ast_build_append(p, R, ((flink_define){N, E})); }

%type pattern {flink_pattern *}
pattern(R) ::= pattern_row(A).                  { R = A; }
pattern(R) ::= pattern(A) BAR pattern_row(B).   { R = flink_build_pattern_join(p, FLINK_PATTERN_ALTERNATION, A, B); }
%type pattern_row {flink_pattern *}
pattern_row(R) ::= pattern_item(A).             { R = A; }
pattern_row(R) ::= pattern_row(A) pattern_item(B).
                                                { R = flink_build_pattern_join(p, FLINK_PATTERN_CONCATENATION, A, B); }
%type pattern_item {flink_pattern *}
pattern_item(R) ::= pattern_atom(A).            { R = A; }
pattern_item(R) ::= pattern_atom(A) quantifier(Q) reluctant(L).
                                                { R = flink_build_quantified(p, A, Q, L); }
%type pattern_atom {flink_pattern *}
pattern_atom(R) ::= name(N).                    { R = flink_build_pattern_variable(p, N); }
pattern_atom(R) ::= LEFT_PAREN(T) pattern(A) RIGHT_PAREN.
                                                { R = flink_build_pattern_group(p, &T, A); }
%type quantifier {flink_build_quantifier}
quantifier(R) ::= STAR.                         { R = (flink_build_quantifier){0, -1}; }
quantifier(R) ::= PLUS.                         { R = (flink_build_quantifier){1, -1}; }
quantifier(R) ::= QUESTION.                     { R = (flink_build_quantifier){0, 1}; }
quantifier(R) ::= LEFT_BRACE INTEGER(A) RIGHT_BRACE.
                                                { R = flink_build_range(p, &A, &A); }
quantifier(R) ::= LEFT_BRACE INTEGER(A) COMMA RIGHT_BRACE.
                                                { R = flink_build_range(p, &A, NULL); }
quantifier(R) ::= LEFT_BRACE COMMA INTEGER(B) RIGHT_BRACE.
                                                { R = flink_build_range(p, NULL, &B); }
quantifier(R) ::= LEFT_BRACE INTEGER(A) COMMA INTEGER(B) RIGHT_BRACE.
                                                { R = flink_build_range(p, &A, &B); }
%type reluctant {bool}
reluctant(R) ::= .                              { R = false; }
reluctant(R) ::= QUESTION.                      { R = true; }

/* ---- queries ---- */

%type flink_query {flink_query *}
flink_query(R) ::= common_tables(W) body(B) order_by(O) limits(L).
                                                { R = flink_build_query(p, W, B, O, L); }

%type common_tables {flink_build_with}
common_tables(R) ::= .                          { R = (flink_build_with){0}; }
common_tables(R) ::= WITH(T) common_table_list(L).
                                                { R = (flink_build_with){T.offset, L}; }
%type common_table_list {flink_common_table_list}
common_table_list(R) ::= common_table(C).       { R = (flink_common_table_list){0}; ast_build_append(p, R, *C); }
common_table_list(R) ::= common_table_list(L) COMMA common_table(C).
                                                { R = L; ast_build_append(p, R, *C); }
%type common_table {flink_common_table *}
common_table(R) ::= name(N) column_names(C) AS QUERY_PAREN flink_query(Q) RIGHT_PAREN.
                                                { R = flink_build_common_table(p, N, C, Q); }

%type limits {flink_build_limits}
limits(R) ::= .                                 { R = (flink_build_limits){-1, -1}; }
limits(R) ::= limits(L) LIMIT INTEGER(T).       { R = flink_build_limit(p, L, &T); }
limits(R) ::= limits(L) LIMIT ALL.              { R = L; }
limits(R) ::= limits(L) OFFSET INTEGER(T).      { R = flink_build_offset(p, L, &T); }
limits(R) ::= limits(L) OFFSET INTEGER(T) row_word.
                                                { R = flink_build_offset(p, L, &T); }
limits(R) ::= limits(L) FETCH first_word INTEGER(T) row_word ONLY.
                                                { R = flink_build_limit(p, L, &T); }
row_word ::= ROW.
row_word ::= ROWS.
first_word ::= FIRST.
first_word ::= NEXT.

%type body {flink_body *}
body(R) ::= body_term(A).                       { R = A; }
body(R) ::= body(A) UNION set_all(L) body_term(B).
                                                { R = flink_build_set(p, FLINK_UNION, L, A, B); }
body(R) ::= body(A) EXCEPT set_all(L) body_term(B).
                                                { R = flink_build_set(p, FLINK_EXCEPT, L, A, B); }
%type body_term {flink_body *}
body_term(R) ::= body_part(A).                  { R = A; }
body_term(R) ::= body_term(A) INTERSECT set_all(L) body_part(B).
                                                { R = flink_build_set(p, FLINK_INTERSECT, L, A, B); }
%type set_all {bool}
set_all(R) ::= .                                { R = false; }
set_all(R) ::= DISTINCT.                        { R = false; }
set_all(R) ::= ALL.                             { R = true; }
%type body_part {flink_body *}
body_part(R) ::= select(S).                     { R = flink_build_select_body(p, S); }
body_part(R) ::= VALUES(T) flink_rows(L).       { R = flink_build_values_body(p, &T, L); }
body_part(R) ::= QUERY_PAREN(T) flink_query(Q) RIGHT_PAREN.
                                                { R = flink_build_query_body(p, &T, Q); }

%type select {flink_select *}
select(R) ::= SELECT(T) hints(I) distinct(D) select_items(S) from(F) where(C) flink_group_by(G) having(H) windows(W).
                                                { R = flink_build_select(p, &T, I, D, S, F, C, G, H, W); }
select_item(R) ::= primary(E) FLINK_DOT STAR.   { R = ast_build_select_struct_all(p, E); }
%type from {flink_relation *}
from(R) ::= .                                   { R = NULL; }
from(R) ::= FROM relations(F).                  { R = F; }

%type flink_group_by {flink_build_groups}
flink_group_by(R) ::= .                         { R = (flink_build_groups){0}; }
flink_group_by(R) ::= GROUP BY group_items(L).  { R = (flink_build_groups){true, L}; }
%type group_items {flink_grouping_list}
group_items(R) ::= group_item(G).               { R = flink_build_add_grouping(p, (flink_grouping_list){0}, G); }
group_items(R) ::= group_items(L) COMMA group_item(G).
                                                { R = flink_build_add_grouping(p, L, G); }
%type group_item {flink_grouping *}
group_item(R) ::= condition(E).                 { R = flink_build_group_expression(p, E); }
group_item(R) ::= LEFT_PAREN(T) RIGHT_PAREN.    { R = flink_build_group_list(p, &T, FLINK_GROUP_SETS, (ast_expression_list){0}); }
group_item(R) ::= ROLLUP(T) LEFT_PAREN conditions(L) RIGHT_PAREN.
                                                { R = flink_build_group_list(p, &T, FLINK_GROUP_ROLLUP, L); }
group_item(R) ::= CUBE(T) LEFT_PAREN conditions(L) RIGHT_PAREN.
                                                { R = flink_build_group_list(p, &T, FLINK_GROUP_CUBE, L); }
group_item(R) ::= GROUPING(T) SETS LEFT_PAREN grouping_sets(L) RIGHT_PAREN.
                                                { R = L; R->span = ast_build_span_here(p, &T); }
%type grouping_sets {flink_grouping *}
grouping_sets(R) ::= grouping_set(S).           { R = flink_build_add_set(p, NULL, S); }
grouping_sets(R) ::= grouping_sets(L) COMMA grouping_set(S).
                                                { R = flink_build_add_set(p, L, S); }
%type grouping_set {ast_expression *}
grouping_set(R) ::= condition(E).               { R = E; }
grouping_set(R) ::= LEFT_PAREN RIGHT_PAREN.     { R = NULL; }

%type windows {flink_named_window_list}
windows(R) ::= .                                { R = (flink_named_window_list){0}; }
windows(R) ::= WINDOW window_list(L).           { R = L; }
%type window_list {flink_named_window_list}
window_list(R) ::= name(N) AS over(W).          { R = (flink_named_window_list){0}; ast_build_append(p, R, ((flink_named_window){N, *W})); }
window_list(R) ::= window_list(L) COMMA name(N) AS over(W).
                                                { R = L; ast_build_append(p, R, ((flink_named_window){N, *W})); }

%type flink_rows {ast_row_list}
flink_rows(R) ::= flink_row(W).                 { R = (ast_row_list){0}; ast_build_append(p, R, *W); }
flink_rows(R) ::= flink_rows(L) COMMA flink_row(W).
                                                { R = L; ast_build_append(p, R, *W); }
/* VALUES (1, 2), ROW(3, 4), 5 */
%type flink_row {ast_row *}
flink_row(R) ::= condition(E).                  { R = flink_build_values_row(p, E); }

/* ---- statements ---- */

%type flink_statement {ast_statement *}
flink_statement(R) ::= shared_statement(S).     { R = S; }
flink_statement(R) ::= flink_query(Q).          { R = flink_build_query_statement(p, Q); }

%type temporary {bool}
temporary(R) ::= .                              { R = false; }
temporary(R) ::= TEMPORARY.                     { R = true; }
temporary(R) ::= TEMPORARY SYSTEM.              { R = true; }
%type comment {slice}
comment(R) ::= .                                { R = (slice){0}; }
comment(R) ::= COMMENT STRING(S).               { R = ast_build_string(p, &S)->text; }

/* CREATE TABLE */
flink_statement(R) ::= CREATE(T) temporary(Y) TABLE if_not_exists(I) path(N) table_elements(E) comment(C)
                       partitioned_by(P) with(W) like(L) create_as(Q).
                                                { R = flink_build_create_table(p, &T, Y, I, N, E, C, P, W, L, Q); }
%type create_as {flink_query *}
create_as(R) ::= .                              { R = NULL; }
create_as(R) ::= AS flink_query(Q).             { R = Q; }
%type table_elements {flink_create_table *}
table_elements(R) ::= .                         { R = flink_build_table(p); }
table_elements(R) ::= LEFT_PAREN elements(L) RIGHT_PAREN.
                                                { R = L; }
%type elements {flink_create_table *}
elements(R) ::= element(E).                     { R = flink_build_add_element(p, flink_build_table(p), E); }
elements(R) ::= elements(L) COMMA element(E).   { R = flink_build_add_element(p, L, E); }
%type element {flink_build_element *}
element(R) ::= name(N) type(Y) column_key(K) comment.
                                                { R = flink_build_column(p, FLINK_COLUMN_PHYSICAL, N, Y, K, NULL); }
element(R) ::= name(N) AS condition(E) comment. { R = flink_build_column(p, FLINK_COLUMN_COMPUTED, N, NULL, false, E); }
element(R) ::= name(N) type(Y) METADATA metadata_key(K) virtual(V) comment.
                                                { R = flink_build_metadata(p, N, Y, K, V); }
element(R) ::= WATERMARK FOR name(N) AS condition(E).
                                                { R = flink_build_watermark(p, N, E); }
element(R) ::= PRIMARY(T) KEY LEFT_PAREN names(L) RIGHT_PAREN NOT ENFORCED.
                                                { R = flink_build_primary_key(p, &T, L); }
element(R) ::= CONSTRAINT(T) name PRIMARY KEY LEFT_PAREN names(L) RIGHT_PAREN NOT ENFORCED.
                                                { R = flink_build_primary_key(p, &T, L); }
%type column_key {bool}
column_key(R) ::= .                             { R = false; }
column_key(R) ::= PRIMARY KEY NOT ENFORCED.     { R = true; }
%type metadata_key {slice}
metadata_key(R) ::= .                           { R = (slice){0}; }
metadata_key(R) ::= FROM STRING(S).             { R = ast_build_string(p, &S)->text; }
%type virtual {bool}
virtual(R) ::= .                                { R = false; }
virtual(R) ::= VIRTUAL.                         { R = true; }
%type partitioned_by {ast_name_list}
partitioned_by(R) ::= .                         { R = (ast_name_list){0}; }
partitioned_by(R) ::= PARTITIONED BY LEFT_PAREN names(L) RIGHT_PAREN.
                                                { R = L; }
%type like {flink_build_like}
like(R) ::= .                                   { R = (flink_build_like){.name = ast_build_no_name()}; }
like(R) ::= LIKE path(N).                       { R = (flink_build_like){.name = N}; }
like(R) ::= LIKE path(N) LEFT_PAREN like_options(L) RIGHT_PAREN.
                                                { R = L; R.name = N; }
%type like_options {flink_build_like}
like_options(R) ::= like_option(O).             { R = flink_build_like_option(p, (flink_build_like){0}, O); }
like_options(R) ::= like_options(L) like_option(O).
                                                { R = flink_build_like_option(p, L, O); }
%type like_option {flink_build_unit}
like_option(R) ::= INCLUDING(V) like_what(W).   { R = (flink_build_unit){V, W}; }
like_option(R) ::= EXCLUDING(V) like_what(W).   { R = (flink_build_unit){V, W}; }
like_option(R) ::= OVERWRITING(V) like_what(W). { R = (flink_build_unit){V, W}; }
%type like_what {token}
like_what(R) ::= ALL(T).                        { R = T; }
like_what(R) ::= OPTIONS(T).                    { R = T; }
like_what(R) ::= METADATA(T).                   { R = T; }
like_what(R) ::= IDENTIFIER(T).                 { R = T; }

/* Views and functions */
flink_statement(R) ::= CREATE(T) temporary(Y) VIEW if_not_exists(I) path(N) column_names(C) comment(M) AS flink_query(Q).
                                                { R = flink_build_create_view(p, &T, Y, false, I, N, C, M, Q); }
flink_statement(R) ::= CREATE(T) OR REPLACE temporary(Y) VIEW path(N) column_names(C) comment(M) AS flink_query(Q).
                                                { R = flink_build_create_view(p, &T, Y, true, false, N, C, M, Q); }
flink_statement(R) ::= CREATE(T) temporary(Y) FUNCTION if_not_exists(I) path(N) AS STRING(S) language.
                                                { R = flink_build_create_function(p, &T, Y, I, N, &S); }
language ::= .
language ::= LANGUAGE name.
flink_statement(R) ::= DROP(T) temporary(Y) TABLE if_exists(I) path(N).
                                                { R = flink_build_drop(p, &T, FLINK_DROP_TABLE, Y, I, N); }
flink_statement(R) ::= DROP(T) temporary(Y) VIEW if_exists(I) path(N).
                                                { R = flink_build_drop(p, &T, FLINK_DROP_VIEW, Y, I, N); }
flink_statement(R) ::= DROP(T) temporary(Y) FUNCTION if_exists(I) path(N).
                                                { R = flink_build_drop(p, &T, FLINK_DROP_FUNCTION, Y, I, N); }

flink_statement(R) ::= ALTER(T) TABLE path(N) RENAME TO path(M).
                                                { R = flink_build_alter(p, &T, (flink_alter){.kind = FLINK_ALTER_RENAME, .name = N, .new_name = M}); }
flink_statement(R) ::= ALTER(T) TABLE path(N) SET LEFT_PAREN properties(L) RIGHT_PAREN.
                                                { R = flink_build_alter(p, &T, (flink_alter){.kind = FLINK_ALTER_SET, .name = N, .options = L, .new_name = ast_build_no_name()}); }
flink_statement(R) ::= ALTER(T) TABLE path(N) RESET LEFT_PAREN hint_words(L) RIGHT_PAREN.
                                                { R = flink_build_alter(p, &T, (flink_alter){.kind = FLINK_ALTER_RESET, .name = N, .keys = L, .new_name = ast_build_no_name()}); }

/* INSERT */
flink_statement(R) ::= flink_insert(I).         { R = flink_build_insert_statement(p, I); }
flink_statement(R) ::= EXECUTE flink_insert(I). { R = flink_build_insert_statement(p, I); }
%type flink_insert {flink_build_insert *}
flink_insert(R) ::= INSERT(T) insert_into(O) path(N) hints(H) insert_partition(P) column_names(C) flink_query(Q).
                                                { R = flink_build_insert_new(p, &T, O, N, H, P, C, Q); }
%type insert_into {bool}
insert_into(R) ::= INTO.                        { R = false; }
insert_into(R) ::= OVERWRITE.                   { R = true; }
%type insert_partition {ast_property_list}
insert_partition(R) ::= .                       { R = (ast_property_list){.span = SPAN_NONE}; }
insert_partition(R) ::= PARTITION LEFT_PAREN properties(L) RIGHT_PAREN.
                                                { R = L; }
flink_statement(R) ::= EXECUTE(T) STATEMENT SET BEGIN inserts(L) END.
                                                { R = flink_build_statement_set(p, &T, L); }
flink_statement(R) ::= BEGIN(T) STATEMENT SET SEMICOLON inserts(L) END.
                                                { R = flink_build_statement_set(p, &T, L); }
%type inserts {flink_statement_set}
inserts(R) ::= flink_insert(I) SEMICOLON.       { R = (flink_statement_set){0}; ast_build_append(p, R, I->insert); }
inserts(R) ::= inserts(L) flink_insert(I) SEMICOLON.
                                                { R = L; ast_build_append(p, R, I->insert); }

/* Looking at things */
flink_statement(R) ::= SHOW(T) listed(K) show_where show_like(L).
                                                { R = flink_build_show(p, &T, K, ast_build_no_name()); R->flink_show->like = L.like; R->flink_show->not_like = L.not_like; }
flink_statement(R) ::= SHOW(T) JOBS.            { R = flink_build_show(p, &T, FLINK_SHOW_JOBS, ast_build_no_name()); }
flink_statement(R) ::= SHOW(T) JARS.            { R = flink_build_show(p, &T, FLINK_SHOW_JARS, ast_build_no_name()); }
flink_statement(R) ::= SHOW(T) CURRENT CATALOG. { R = flink_build_show(p, &T, FLINK_SHOW_CURRENT_CATALOG, ast_build_no_name()); }
flink_statement(R) ::= SHOW(T) CURRENT DATABASE.
                                                { R = flink_build_show(p, &T, FLINK_SHOW_CURRENT_DATABASE, ast_build_no_name()); }
flink_statement(R) ::= SHOW(T) COLUMNS FROM path(N) show_like(L).
                                                { R = flink_build_show(p, &T, FLINK_SHOW_COLUMNS, N); R->flink_show->like = L.like; R->flink_show->not_like = L.not_like; }
flink_statement(R) ::= USE(T) CATALOG name(N).  { R = flink_build_show(p, &T, FLINK_USE_CATALOG, N); }
flink_statement(R) ::= USE(T) name(N).          { R = flink_build_show(p, &T, FLINK_USE_DATABASE, N); }
flink_statement(R) ::= USE(T) name(C) DOT name(N).
                                                { R = flink_build_use(p, &T, C, N); }
flink_statement(R) ::= ADD(T) JAR STRING(S).    { R = flink_build_show(p, &T, FLINK_ADD_JAR, ast_build_exact_name(p, &S)); }
%type listed {flink_show_kind}
listed(R) ::= TABLES.                           { R = FLINK_SHOW_TABLES; }
listed(R) ::= VIEWS.                            { R = FLINK_SHOW_VIEWS; }
listed(R) ::= FUNCTIONS.                        { R = FLINK_SHOW_FUNCTIONS; }
listed(R) ::= USER FUNCTIONS.                   { R = FLINK_SHOW_USER_FUNCTIONS; }
listed(R) ::= CATALOGS.                         { R = FLINK_SHOW_CATALOGS; }
listed(R) ::= DATABASES.                        { R = FLINK_SHOW_DATABASES; }
show_where ::= .
show_where ::= FROM show_path.
show_where ::= IN show_path.
show_path ::= name.
show_path ::= name DOT name.
%type show_like {flink_show}
show_like(R) ::= .                              { R = (flink_show){0}; }
show_like(R) ::= LIKE STRING(S).                { R = (flink_show){.like = ast_build_string(p, &S)->text}; }
show_like(R) ::= NOT LIKE STRING(S).            { R = (flink_show){.like = ast_build_string(p, &S)->text, .not_like = true}; }
flink_statement(R) ::= SHOW(T) CREATE TABLE path(N).
                                                { R = flink_build_show(p, &T, FLINK_SHOW_CREATE_TABLE, N); }
flink_statement(R) ::= SHOW(T) CREATE VIEW path(N).
                                                { R = flink_build_show(p, &T, FLINK_SHOW_CREATE_VIEW, N); }
flink_statement(R) ::= describe(T) path(N).     { R = ast_build_describe(p, &T, AST_DESCRIBE_SOURCE, N, false); }
flink_statement(R) ::= describe(T) EXTENDED path(N).
                                                { R = ast_build_describe(p, &T, AST_DESCRIBE_SOURCE, N, true); }
%type describe {token}
describe(R) ::= DESCRIBE(T).                    { R = T; }
describe(R) ::= DESC(T).                        { R = T; }
flink_statement(R) ::= EXPLAIN(T) analyze(A) explained(S).
                                                { R = ast_build_explain(p, &T, A, S, ast_build_no_name()); }
flink_statement(R) ::= EXPLAIN(T) PLAN FOR explained(S).
                                                { R = ast_build_explain(p, &T, false, S, ast_build_no_name()); }
flink_statement(R) ::= EXPLAIN(T) explain_details explained(S).
                                                { R = ast_build_explain(p, &T, false, S, ast_build_no_name()); }
explain_details ::= explain_detail.
explain_details ::= explain_details COMMA explain_detail.
explain_detail ::= CHANGELOG_MODE.
explain_detail ::= ESTIMATED_COST.
explain_detail ::= JSON_EXECUTION_PLAN.
explain_detail ::= PLAN_ADVICE.
%type explained {ast_statement *}
explained(R) ::= flink_statement(S).            { R = S; }
explained(R) ::= STATEMENT(T) SET BEGIN inserts(L) END.
                                                { R = flink_build_statement_set(p, &T, L); }

/* The session */
flink_statement(R) ::= SET(T).                  { R = ast_build_show(p, &T, AST_SHOW_PROPERTIES, false); }
flink_statement(R) ::= RESET(T).                { R = ast_build_property_statement(p, AST_STATEMENT_UNSET, &T, ast_build_property_name(p, ast_build_no_name())); }
flink_statement(R) ::= RESET(T) name_or_string(N).
                                                { R = ast_build_property_statement(p, AST_STATEMENT_UNSET, &T, ast_build_property_name(p, N)); }
flink_statement(R) ::= STOP(T) JOB exact_name(N).
                                                { R = ast_build_query_control(p, AST_STATEMENT_TERMINATE, &T, N); }
