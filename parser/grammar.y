/* grammar.y - the grammar; lemon makes grammar.c and grammar.h of it.
 *
 * Actions build nodes (build.h) and do nothing else: no names are looked up, no types checked.
 * The lexer's tokens arrive through parser.c, which settles what one token of lookahead cannot:
 *   LAMBDA_PAREN   a "(" that opens a lambda's parameters: (a, b) => ...
 *   ARRAY MAP STRUCT   are keywords only before the bracket that makes them constructors or types
 *   EMIT OFFSET ORDER PARTITION WINDOW   are keywords only before what continues their clause
 *   CHANGES_OF     is CHANGES before "(", as in FROM CHANGES(t)
 * and which puts one of the GOAL tokens first, to say what is to be read.
 *
 * `value` is what arithmetic can make, `condition` what AND, OR, NOT and predicates can; a condition
 * in parentheses is a value. The split keeps BETWEEN's AND apart from the logical one.
 */
%name grammar_parser
%token_prefix TK_
%token_type {token}
%extra_argument {parse *p}
%default_type {int}
%stack_size 4000
%start_symbol goal

%include {
#include "parser/build.h"
#include "parser/grammar.h"
#include "parser/grammar_driver.h"

#define YYNOERRORRECOVERY 1
}

%syntax_error { p->rejected = true; }
%parse_failure { p->rejected = true; }
%stack_overflow { ast_build_too_deep(p); }

/* Words that may follow an optional alias must not be here: they would be taken for the alias. */
%fallback IDENTIFIER
  ADD ADVANCE ALL ALTER ANALYZE ARRAY ASC ASSERT AT BEGINNING CHANGES CHANGES_OF COLUMN CONNECTOR
  CONNECTORS DEFINE DELETE DESC DESCRIBE DROP ESCAPE EXISTS EXPLAIN EXTENDED FINAL FIRST FUNCTION
  FUNCTIONS GRACE HEADER HEADERS HOPPING ID IF INTERVAL KEY LAST LIST MAP NULLS PAUSE PERIOD
  PLUGINS PRIMARY PRINT PROPERTIES QUERIES REPLACE RESUME RETENTION RUN SAMPLE SCHEMA SCRIPT
  SESSION SET SHOW SINK SIZE SOURCE STREAM STREAMS STRUCT SUBJECT SYSTEM TABLE TABLES TERMINATE
  TIME TIMEOUT TOPIC TOPICS TUMBLING TYPE TYPES UNDEFINE UNSET VARIABLES ZONE.

%left CONCAT.
%left PLUS MINUS.
%left STAR SLASH PERCENT.
%right UNARY.
%left AT.

/* ---- what is to be read ---- */

goal ::= GOAL_STATEMENT statement(S).           { p->statement = S; }
goal ::= GOAL_SCHEMA columns(C).                { p->columns = C; }
goal ::= GOAL_TYPE type(T).                     { p->type = T; }
goal ::= GOAL_EXPRESSION condition(E).          { p->expression = E; }

/* ---- names ---- */

%type name {ast_name}
name(R) ::= IDENTIFIER(T).                      { R = ast_build_name(p, &T); }

/* Topics, subjects, variables: what stands there counts letter for letter. */
%type exact_name {ast_name}
exact_name(R) ::= IDENTIFIER(T).                { R = ast_build_exact_name(p, &T); }
exact_name(R) ::= STRING(T).                    { R = ast_build_exact_name(p, &T); }

%type name_or_string {ast_name}
name_or_string(R) ::= name(N).                  { R = N; }
name_or_string(R) ::= STRING(T).                { R = ast_build_exact_name(p, &T); }

%type names {ast_name_list}
names(R) ::= name(N).                           { R = (ast_name_list){0}; ast_build_append(p, R, N); }
names(R) ::= names(L) COMMA name(N).            { R = L; ast_build_append(p, R, N); }

%type alias {ast_name}
alias(R) ::= .                                  { R = ast_build_no_name(); }
alias(R) ::= name(N).                           { R = N; }
alias(R) ::= AS name(N).                        { R = N; }

/* ---- types ---- */

%type type {ast_type *}
type(R) ::= IDENTIFIER(T).                      { R = ast_build_type_named(p, &T, -1, -1); }
type(R) ::= IDENTIFIER(T) LEFT_PAREN INTEGER(A) RIGHT_PAREN.
                                                { R = ast_build_type_named(p, &T, ast_build_int(p, &A), -1); }
type(R) ::= IDENTIFIER(T) LEFT_PAREN INTEGER(A) COMMA INTEGER(B) RIGHT_PAREN.
                                                { R = ast_build_type_named(p, &T, ast_build_int(p, &A), ast_build_int(p, &B)); }
type(R) ::= ARRAY(S) LESS type(E) GREATER.      { R = ast_build_type_array(p, &S, E); }
type(R) ::= MAP(S) LESS type(K) COMMA type(V) GREATER.
                                                { R = ast_build_type_map(p, &S, K, V); }
type(R) ::= STRUCT(S) LESS fields(F) GREATER.   { R = ast_build_type_struct(p, &S, F); }
type(R) ::= STRUCT(S) LESS GREATER.             { R = ast_build_type_struct(p, &S, (ast_type_field_list){0}); }
type(R) ::= STRUCT(S) NOT_EQUAL.                { R = ast_build_type_struct(p, &S, (ast_type_field_list){0}); }

%type fields {ast_type_field_list}
fields(R) ::= name(N) type(T).                  { R = (ast_type_field_list){0}; ast_build_append(p, R, ((ast_type_field){N, T})); }
fields(R) ::= fields(L) COMMA name(N) type(T).  { R = L; ast_build_append(p, R, ((ast_type_field){N, T})); }

/* ---- expressions ---- */

%type condition {ast_expression *}
condition(R) ::= conjunction(A).                { R = A; }
condition(R) ::= or_terms(L).                   { R = ast_build_logical_chain(p, AST_OR, L); }
%type conjunction {ast_expression *}
conjunction(R) ::= negation(A).                 { R = A; }
conjunction(R) ::= and_terms(L).                { R = ast_build_logical_chain(p, AST_AND, L); }
%type negation {ast_expression *}
negation(R) ::= NOT(T) negation(A).             { R = ast_build_not(p, &T, A); }
negation(R) ::= predicate(A).                   { R = A; }

/* Chains are read as lists: they may be long, and a tree that leans to one side would be deep. */
%type or_terms {ast_expression_list}
or_terms(R) ::= conjunction(A) OR conjunction(B).
                                                { R = (ast_expression_list){0}; ast_build_append(p, R, A); ast_build_append(p, R, B); }
or_terms(R) ::= or_terms(L) OR conjunction(B).  { R = L; ast_build_append(p, R, B); }
%type and_terms {ast_expression_list}
and_terms(R) ::= negation(A) AND negation(B).   { R = (ast_expression_list){0}; ast_build_append(p, R, A); ast_build_append(p, R, B); }
and_terms(R) ::= and_terms(L) AND negation(B).  { R = L; ast_build_append(p, R, B); }

%type comparison {ast_comparison_operator}
comparison(R) ::= EQUAL.                        { R = AST_EQUAL; }
comparison(R) ::= NOT_EQUAL.                    { R = AST_NOT_EQUAL; }
comparison(R) ::= LESS.                         { R = AST_LESS; }
comparison(R) ::= LESS_OR_EQUAL.                { R = AST_LESS_OR_EQUAL; }
comparison(R) ::= GREATER.                      { R = AST_GREATER; }
comparison(R) ::= GREATER_OR_EQUAL.             { R = AST_GREATER_OR_EQUAL; }

%type negated {bool}
negated(R) ::= .                                { R = false; }
negated(R) ::= NOT.                             { R = true; }

%type predicate {ast_expression *}
predicate(R) ::= value(A).                      { R = A; }
predicate(R) ::= value(A) comparison(O) value(B).
                                                { R = ast_build_comparison(p, O, A, B); }
predicate(R) ::= value(A) negated(N) BETWEEN value(L) AND value(U).
                                                { R = ast_build_between(p, A, N, L, U); }
predicate(R) ::= value(A) negated(N) IN LEFT_PAREN conditions(L) RIGHT_PAREN.
                                                { R = ast_build_in(p, A, N, L); }
predicate(R) ::= value(A) negated(N) LIKE value(B).
                                                { R = ast_build_like(p, A, N, B, NULL); }
predicate(R) ::= value(A) negated(N) LIKE value(B) ESCAPE STRING(S).
                                                { R = ast_build_like(p, A, N, B, &S); }
predicate(R) ::= value(A) IS negated(N) NULL.   { R = ast_build_is_null(p, A, N); }
predicate(R) ::= value(A) IS negated(N) DISTINCT FROM value(B).
                                                { R = ast_build_is_distinct(p, A, N, B); }

%type value {ast_expression *}
value(R) ::= primary(A).                        { R = A; }
value(R) ::= MINUS(T) value(A). [UNARY]         { R = ast_build_negation(p, &T, A); }
value(R) ::= PLUS(T) value(A). [UNARY]          { R = ast_build_plus(p, &T, A); }
value(R) ::= value(A) PLUS value(B).            { R = ast_build_arithmetic(p, AST_ADD, A, B); }
value(R) ::= value(A) MINUS value(B).           { R = ast_build_arithmetic(p, AST_SUBTRACT, A, B); }
value(R) ::= value(A) STAR value(B).            { R = ast_build_arithmetic(p, AST_MULTIPLY, A, B); }
value(R) ::= value(A) SLASH value(B).           { R = ast_build_arithmetic(p, AST_DIVIDE, A, B); }
value(R) ::= value(A) PERCENT value(B).         { R = ast_build_arithmetic(p, AST_MODULO, A, B); }
value(R) ::= value(A) CONCAT value(B).          { R = ast_build_concatenation(p, A, B); }
value(R) ::= value(A) AT TIME ZONE primary(Z).  { R = ast_build_at_time_zone(p, A, Z); }

%type primary {ast_expression *}
primary(R) ::= NULL(T).                         { R = ast_build_literal(p, ast_build_null(p, &T)); }
primary(R) ::= TRUE(T).                         { R = ast_build_literal(p, ast_build_boolean(p, &T, true)); }
primary(R) ::= FALSE(T).                        { R = ast_build_literal(p, ast_build_boolean(p, &T, false)); }
primary(R) ::= number(L).                       { R = ast_build_literal(p, L); }
primary(R) ::= STRING(T).                       { R = ast_build_literal(p, ast_build_string(p, &T)); }
primary(R) ::= name(N).                         { R = ast_build_column(p, ast_build_no_name(), N); }
primary(R) ::= name(Q) DOT name(N).             { R = ast_build_column(p, Q, N); }
primary(R) ::= primary(A) ARROW name(N).        { R = ast_build_dereference(p, A, N); }
primary(R) ::= primary(A) LEFT_BRACKET value(I) RIGHT_BRACKET.
                                                { R = ast_build_subscript(p, A, I); }
primary(R) ::= LEFT_PAREN(T) condition(A) RIGHT_PAREN.
                                                { R = ast_build_parenthesized(p, &T, A); }
primary(R) ::= call(C).                         { R = C; }
primary(R) ::= CAST(T) LEFT_PAREN condition(A) AS type(Y) RIGHT_PAREN.
                                                { R = ast_build_cast(p, &T, A, Y); }
primary(R) ::= CASE(T) case_branches(L) otherwise(E) END.
                                                { R = ast_build_case(p, &T, NULL, L, E); }
primary(R) ::= CASE(T) value(A) case_branches(L) otherwise(E) END.
                                                { R = ast_build_case(p, &T, A, L, E); }
primary(R) ::= ARRAY(T) LEFT_BRACKET RIGHT_BRACKET.
                                                { R = ast_build_array(p, &T, (ast_expression_list){0}); }
primary(R) ::= ARRAY(T) LEFT_BRACKET conditions(L) RIGHT_BRACKET.
                                                { R = ast_build_array(p, &T, L); }
primary(R) ::= MAP(T) LEFT_PAREN RIGHT_PAREN.   { R = ast_build_map(p, &T, (ast_map_entry_list){0}); }
primary(R) ::= MAP(T) LEFT_PAREN map_entries(L) RIGHT_PAREN.
                                                { R = ast_build_map(p, &T, L); }
primary(R) ::= STRUCT(T) LEFT_PAREN RIGHT_PAREN.
                                                { R = ast_build_struct(p, &T, (ast_struct_entry_list){0}); }
primary(R) ::= STRUCT(T) LEFT_PAREN struct_entries(L) RIGHT_PAREN.
                                                { R = ast_build_struct(p, &T, L); }

%type call {ast_expression *}
call(R) ::= name(N) LEFT_PAREN STAR RIGHT_PAREN.
                                                { R = ast_build_call_star(p, N); }
call(R) ::= name(N) LEFT_PAREN RIGHT_PAREN.  { R = ast_build_call(p, N, false, (ast_expression_list){0}); }
call(R) ::= name(N) LEFT_PAREN arguments(L) RIGHT_PAREN.
                                                { R = ast_build_call(p, N, false, L); }
call(R) ::= name(N) LEFT_PAREN DISTINCT arguments(L) RIGHT_PAREN.
                                                { R = ast_build_call(p, N, true, L); }

%type number {ast_literal *}
number(R) ::= INTEGER(T).                       { R = ast_build_integer(p, &T); }
number(R) ::= DECIMAL(T).                       { R = ast_build_decimal(p, &T); }
number(R) ::= DOUBLE(T).                        { R = ast_build_double(p, &T); }

%type conditions {ast_expression_list}
conditions(R) ::= condition(A).                 { R = (ast_expression_list){0}; ast_build_append(p, R, A); }
conditions(R) ::= conditions(L) COMMA condition(A).
                                                { R = L; ast_build_append(p, R, A); }

%type arguments {ast_expression_list}
arguments(R) ::= argument(A).                   { R = (ast_expression_list){0}; ast_build_append(p, R, A); }
arguments(R) ::= arguments(L) COMMA argument(A).
                                                { R = L; ast_build_append(p, R, A); }

%type argument {ast_expression *}
argument(R) ::= condition(A).                   { R = A; }
argument(R) ::= name(N) LAMBDA_ARROW condition(B).
                                                { R = ast_build_lambda_single(p, N, B); }
argument(R) ::= LAMBDA_PAREN(T) names(L) RIGHT_PAREN LAMBDA_ARROW condition(B).
                                                { R = ast_build_lambda(p, &T, L, B); }

%type case_branches {ast_case_branch_list}
case_branches(R) ::= WHEN condition(A) THEN condition(B).
                                                { R = (ast_case_branch_list){0}; ast_build_append(p, R, ((ast_case_branch){A, B})); }
case_branches(R) ::= case_branches(L) WHEN condition(A) THEN condition(B).
                                                { R = L; ast_build_append(p, R, ((ast_case_branch){A, B})); }

%type otherwise {ast_expression *}
otherwise(R) ::= .                              { R = NULL; }
otherwise(R) ::= ELSE condition(A).             { R = A; }

%type map_entries {ast_map_entry_list}
map_entries(R) ::= condition(K) ASSIGN condition(V).
                                                { R = (ast_map_entry_list){0}; ast_build_append(p, R, ((ast_map_entry){K, V})); }
map_entries(R) ::= map_entries(L) COMMA condition(K) ASSIGN condition(V).
                                                { R = L; ast_build_append(p, R, ((ast_map_entry){K, V})); }

%type struct_entries {ast_struct_entry_list}
struct_entries(R) ::= name(N) ASSIGN condition(V).
                                                { R = (ast_struct_entry_list){0}; ast_build_append(p, R, ((ast_struct_entry){N, V})); }
struct_entries(R) ::= struct_entries(L) COMMA name(N) ASSIGN condition(V).
                                                { R = L; ast_build_append(p, R, ((ast_struct_entry){N, V})); }

/* ---- queries ---- */

%type query {ast_query *}
query(R) ::= SELECT(T) distinct(D) select_items(S) FROM relation(F) joins(J) window(W) where(C)
             group_by(G) partition_by(P) having(H) order_by(O) emit(E) limit(L) offset(X). {
    R = ast_build_query(p, &T);
    R->distinct = D;
    R->select = S;
    R->from = *F;
    R->joins = J;
    if (W)
        R->window = *W;
    R->where = C;
    R->has_group_by = G.given;
    R->group_by = G.items;
    R->has_partition_by = P.given;
    R->partition_by = P.items;
    R->having = H;
    R->order_by = O;
    R->emit = E.emit;
    R->emit_span = E.span;
    R->limit = L;
    R->offset = X;
}

%type distinct {bool}
distinct(R) ::= .                               { R = false; }
distinct(R) ::= DISTINCT.                       { R = true; }

%type select_items {ast_select_list}
select_items(R) ::= select_item(I).             { R = (ast_select_list){0}; ast_build_append(p, R, *I); }
select_items(R) ::= select_items(L) COMMA select_item(I).
                                                { R = L; ast_build_append(p, R, *I); }

%type select_item {ast_select_item *}
select_item(R) ::= condition(E) alias(A).       { R = ast_build_select_expression(p, E, A); }
select_item(R) ::= STAR(T).                     { R = ast_build_select_all(p, &T); }
select_item(R) ::= name(N) DOT STAR.            { R = ast_build_select_source_all(p, N); }
select_item(R) ::= primary(E) ARROW STAR.       { R = ast_build_select_struct_all(p, E); }

%type relation {ast_relation *}
relation(R) ::= name(N) alias(A).               { R = ast_build_relation(p, N.span, N, A, false); }
relation(R) ::= CHANGES_OF(T) LEFT_PAREN name(N) RIGHT_PAREN alias(A).
                                                { R = ast_build_relation(p, ast_build_span(&T), N, A, true); }

%type joins {ast_join_list}
joins(R) ::= .                                  { R = (ast_join_list){0}; }
joins(R) ::= joins(L) join(J).                  { R = L; ast_build_append(p, R, *J); }

%type join {ast_join *}
join(R) ::= join_kind(K) JOIN relation(F) within(W) ON condition(C). {
    R = W ? W : ast_build_join(p);
    R->kind = K;
    R->right = *F;
    R->on = C;
    R->span = ast_build_span_between(F->span, C->span);
}

%type join_kind {ast_join_kind}
join_kind(R) ::= .                              { R = AST_JOIN_INNER; }
join_kind(R) ::= INNER.                         { R = AST_JOIN_INNER; }
join_kind(R) ::= LEFT outer.                    { R = AST_JOIN_LEFT; }
join_kind(R) ::= RIGHT outer.                   { R = AST_JOIN_RIGHT; }
join_kind(R) ::= FULL outer.                    { R = AST_JOIN_FULL; }
outer ::= .
outer ::= OUTER.

%type within {ast_join *}
within(R) ::= .                                 { R = NULL; }
within(R) ::= WITHIN duration(D) within_grace(G).
                                                { R = ast_build_within(p, D, D, G); }
within(R) ::= WITHIN LEFT_PAREN duration(B) COMMA duration(A) RIGHT_PAREN within_grace(G).
                                                { R = ast_build_within(p, B, A, G); }
%type within_grace {ast_duration *}
within_grace(R) ::= .                           { R = NULL; }
within_grace(R) ::= GRACE PERIOD duration(D).   { R = D; }

%type duration {ast_duration *}
duration(R) ::= INTEGER(T) IDENTIFIER(U).       { R = ast_build_duration(p, &T, &U); }

%type window {ast_window *}
window(R) ::= .                                 { R = NULL; }
window(R) ::= WINDOW window_expression(W).      { R = W; }
window(R) ::= WINDOW name(N) window_expression(W).
                                                { R = W; R->name = N; }

%type window_expression {ast_window *}
window_expression(R) ::= TUMBLING(T) LEFT_PAREN SIZE duration(S) window_options(O) RIGHT_PAREN.
                                                { R = ast_build_window(p, AST_WINDOW_TUMBLING, &T, S, NULL, O); }
window_expression(R) ::= HOPPING(T) LEFT_PAREN SIZE duration(S) COMMA ADVANCE BY duration(A) window_options(O) RIGHT_PAREN.
                                                { R = ast_build_window(p, AST_WINDOW_HOPPING, &T, S, A, O); }
window_expression(R) ::= SESSION(T) LEFT_PAREN duration(S) window_options(O) RIGHT_PAREN.
                                                { R = ast_build_window(p, AST_WINDOW_SESSION, &T, S, NULL, O); }

%type window_options {ast_window *}
window_options(R) ::= .                         { R = NULL; }
window_options(R) ::= window_options(O) COMMA RETENTION(T) duration(D).
                                                { R = ast_build_window_retention(p, O, &T, D); }
window_options(R) ::= window_options(O) COMMA GRACE(T) PERIOD duration(D).
                                                { R = ast_build_window_grace(p, O, &T, D); }

%type where {ast_expression *}
where(R) ::= .                                  { R = NULL; }
where(R) ::= WHERE condition(C).                { R = C; }

%type group_by {build_grouping}
group_by(R) ::= .                               { R = (build_grouping){0}; }
group_by(R) ::= GROUP BY grouping(G).           { R = G; }
%type partition_by {build_grouping}
partition_by(R) ::= .                           { R = (build_grouping){0}; }
partition_by(R) ::= PARTITION BY grouping(G).   { R = G; }

%type grouping {build_grouping}
grouping(R) ::= values(L).                      { R = (build_grouping){true, L}; }
grouping(R) ::= LEFT_PAREN RIGHT_PAREN.         { R = (build_grouping){true, {0}}; }
grouping(R) ::= LEFT_PAREN value(A) COMMA values(L) RIGHT_PAREN.
                                                { R = (build_grouping){true, ast_build_prepend(p, A, L)}; }

%type values {ast_expression_list}
values(R) ::= value(A).                         { R = (ast_expression_list){0}; ast_build_append(p, R, A); }
values(R) ::= values(L) COMMA value(A).         { R = L; ast_build_append(p, R, A); }

%type having {ast_expression *}
having(R) ::= .                                 { R = NULL; }
having(R) ::= HAVING condition(C).              { R = C; }

%type order_by {ast_order_list}
order_by(R) ::= .                               { R = (ast_order_list){0}; }
order_by(R) ::= ORDER BY order_items(L).        { R = L; }

%type order_items {ast_order_list}
order_items(R) ::= order_item(I).               { R = (ast_order_list){0}; ast_build_append(p, R, *I); }
order_items(R) ::= order_items(L) COMMA order_item(I).
                                                { R = L; ast_build_append(p, R, *I); }
%type order_item {ast_order_item *}
order_item(R) ::= value(E) descending(D) nulls(N).
                                                { R = ast_build_order_item(p, E, D, N); }
%type descending {bool}
descending(R) ::= .                             { R = false; }
descending(R) ::= ASC.                          { R = false; }
descending(R) ::= DESC.                         { R = true; }
%type nulls {ast_nulls}
nulls(R) ::= .                                  { R = AST_NULLS_DEFAULT; }
nulls(R) ::= NULLS FIRST.                       { R = AST_NULLS_FIRST; }
nulls(R) ::= NULLS LAST.                        { R = AST_NULLS_LAST; }

%type emit {build_emission}
emit(R) ::= .                                   { R = (build_emission){AST_EMIT_NONE, SPAN_NONE}; }
emit(R) ::= EMIT(T) CHANGES.                    { R = (build_emission){AST_EMIT_CHANGES, ast_build_span_here(p, &T)}; }
emit(R) ::= EMIT(T) FINAL.                      { R = (build_emission){AST_EMIT_FINAL, ast_build_span_here(p, &T)}; }

%type limit {int64_t}
limit(R) ::= .                                  { R = -1; }
limit(R) ::= LIMIT INTEGER(T).                  { R = build_int64(p, &T); }
%type offset {int64_t}
offset(R) ::= .                                 { R = -1; }
offset(R) ::= OFFSET INTEGER(T).                { R = build_int64(p, &T); }

/* ---- parts of statements ---- */

%type source_kind {ast_source_kind}
source_kind(R) ::= STREAM.                      { R = AST_STREAM; }
source_kind(R) ::= TABLE.                       { R = AST_TABLE; }

%type if_exists {bool}
if_exists(R) ::= .                              { R = false; }
if_exists(R) ::= IF EXISTS.                     { R = true; }
%type if_not_exists {bool}
if_not_exists(R) ::= .                          { R = false; }
if_not_exists(R) ::= IF NOT EXISTS.             { R = true; }

%type column_definitions {ast_column_list}
column_definitions(R) ::= .                     { R = (ast_column_list){0}; }
column_definitions(R) ::= LEFT_PAREN columns(L) RIGHT_PAREN.
                                                { R = L; }
%type columns {ast_column_list}
columns(R) ::= column(C).                       { R = (ast_column_list){0}; ast_build_append(p, R, *C); }
columns(R) ::= columns(L) COMMA column(C).      { R = L; ast_build_append(p, R, *C); }

%type column {ast_column_definition *}
column(R) ::= name(N) type(T).                  { R = ast_build_column_definition(p, N, T, AST_COLUMN_VALUE, NULL); }
column(R) ::= name(N) type(T) KEY.              { R = ast_build_column_definition(p, N, T, AST_COLUMN_KEY, NULL); }
column(R) ::= name(N) type(T) PRIMARY KEY.      { R = ast_build_column_definition(p, N, T, AST_COLUMN_PRIMARY_KEY, NULL); }
column(R) ::= name(N) type(T) HEADERS.          { R = ast_build_column_definition(p, N, T, AST_COLUMN_HEADERS, NULL); }
column(R) ::= name(N) type(T) HEADER LEFT_PAREN STRING(S) RIGHT_PAREN.
                                                { R = ast_build_column_definition(p, N, T, AST_COLUMN_HEADER, &S); }

%type with {ast_property_list}
with(R) ::= .                                   { R = (ast_property_list){.span = SPAN_NONE}; }
with(R) ::= WITH(T) LEFT_PAREN properties(L) RIGHT_PAREN.
                                                { R = L; R.span = ast_build_span_here(p, &T); }
%type properties {ast_property_list}
properties(R) ::= property(P).                  { R = (ast_property_list){0}; ast_build_append(p, R, *P); }
properties(R) ::= properties(L) COMMA property(P).
                                                { R = L; ast_build_append(p, R, *P); }
%type property {ast_property *}
property(R) ::= name_or_string(N) EQUAL property_value(V).
                                                { R = ast_build_property(p, N, V); }
%type property_value {ast_literal *}
property_value(R) ::= NULL(T).                  { R = ast_build_null(p, &T); }
property_value(R) ::= TRUE(T).                  { R = ast_build_boolean(p, &T, true); }
property_value(R) ::= FALSE(T).                 { R = ast_build_boolean(p, &T, false); }
property_value(R) ::= STRING(T).                { R = ast_build_string(p, &T); }
property_value(R) ::= number(L).                { R = L; }
property_value(R) ::= MINUS(T) number(L).       { R = ast_build_negative(p, &T, L); }

%type column_names {ast_name_list}
column_names(R) ::= .                           { R = (ast_name_list){0}; }
column_names(R) ::= LEFT_PAREN names(L) RIGHT_PAREN.
                                                { R = L; }
%type rows {ast_row_list}
rows(R) ::= row(W).                             { R = (ast_row_list){0}; ast_build_append(p, R, *W); }
rows(R) ::= rows(L) COMMA row(W).               { R = L; ast_build_append(p, R, *W); }
%type row {ast_row *}
row(R) ::= LEFT_PAREN(T) RIGHT_PAREN.           { R = ast_build_row(p, &T, (ast_expression_list){0}); }
row(R) ::= LEFT_PAREN(T) conditions(L) RIGHT_PAREN.
                                                { R = ast_build_row(p, &T, L); }

%type timeout {ast_duration}
timeout(R) ::= .                                { R = (ast_duration){.span = SPAN_NONE}; }
timeout(R) ::= TIMEOUT duration(D).             { R = *D; }

/* ---- statements ---- */

%type statement {ast_statement *}
statement(R) ::= query(Q).                      { R = ast_build_query_statement(p, Q); }

/* What both dialects say. */
%type shared_statement {ast_statement *}
statement(R) ::= shared_statement(S).           { R = S; }

/* CREATE STREAM and TABLE */
%type create_flags {build_create_flags}
create_flags(R) ::= .                           { R = (build_create_flags){false, false}; }
create_flags(R) ::= OR REPLACE.                 { R = (build_create_flags){true, false}; }
create_flags(R) ::= SOURCE.                     { R = (build_create_flags){false, true}; }
create_flags(R) ::= OR REPLACE SOURCE.          { R = (build_create_flags){true, true}; }

statement(R) ::= CREATE(T) create_flags(F) source_kind(K) if_not_exists(I) name(N)
                 column_definitions(C) with(W).
                                                { R = ast_build_create_source(p, &T, F, K, I, N, C, W); }
statement(R) ::= CREATE(T) create_flags(F) source_kind(K) if_not_exists(I) name(N)
                 column_definitions(C) with(W) AS query(Q).
                                                { R = ast_build_create_as(p, &T, F, K, I, N, C, W, Q); }

/* INSERT */
statement(R) ::= INSERT(T) INTO name(N) with(W) query(Q). {
    R = ast_build_statement(p, AST_STATEMENT_INSERT_SELECT, &T);
    R->insert_select = (ast_insert_select){N, W, Q};
}
statement(R) ::= INSERT(T) INTO name(N) column_names(C) VALUES rows(L). {
    R = ast_build_statement(p, AST_STATEMENT_INSERT_VALUES, &T);
    R->insert_values = (ast_insert_values){N, C.count > 0, C, L};
}

/* DELETE */
statement(R) ::= DELETE(T) FROM name(N) where(W). {
    R = ast_build_statement(p, AST_STATEMENT_DELETE, &T);
    R->delete_row = (ast_delete){N, W};
}

/* Types */
statement(R) ::= CREATE(T) TYPE if_not_exists(I) name(N) AS type(Y). {
    R = ast_build_statement(p, AST_STATEMENT_CREATE_TYPE, &T);
    R->create_type = (ast_create_type){N, I, Y};
}
statement(R) ::= DROP(T) TYPE if_exists(I) name(N). {
    R = ast_build_statement(p, AST_STATEMENT_DROP_TYPE, &T);
    R->drop_type = (ast_drop_type){N, I};
}

/* ALTER and DROP */
statement(R) ::= ALTER(T) source_kind(K) name(N) alter_options(L). {
    R = ast_build_statement(p, AST_STATEMENT_ALTER_SOURCE, &T);
    R->alter_source = (ast_alter_source){K, N, L};
}
%type alter_options {ast_column_list}
alter_options(R) ::= alter_option(C).           { R = (ast_column_list){0}; ast_build_append(p, R, *C); }
alter_options(R) ::= alter_options(L) COMMA alter_option(C).
                                                { R = L; ast_build_append(p, R, *C); }
%type alter_option {ast_column_definition *}
alter_option(R) ::= ADD name(N) type(Y).        { R = ast_build_column_definition(p, N, Y, AST_COLUMN_VALUE, NULL); }
alter_option(R) ::= ADD COLUMN name(N) type(Y). { R = ast_build_column_definition(p, N, Y, AST_COLUMN_VALUE, NULL); }

statement(R) ::= ALTER(T) SYSTEM property(P).   { R = ast_build_property_statement(p, AST_STATEMENT_ALTER_SYSTEM, &T, P); }

statement(R) ::= DROP(T) source_kind(K) if_exists(I) name(N) delete_topic(D). {
    R = ast_build_statement(p, AST_STATEMENT_DROP_SOURCE, &T);
    R->drop_source = (ast_drop_source){K, N, I, D};
}
%type delete_topic {bool}
delete_topic(R) ::= .                           { R = false; }
delete_topic(R) ::= DELETE TOPIC.               { R = true; }

/* Looking at things */
%type extended {bool}
extended(R) ::= .                               { R = false; }
extended(R) ::= EXTENDED.                       { R = true; }

statement(R) ::= DESCRIBE(T) name(N) extended(X).
                                                { R = ast_build_describe(p, &T, AST_DESCRIBE_SOURCE, N, X); }
statement(R) ::= DESCRIBE(T) FUNCTION name(N).  { R = ast_build_describe(p, &T, AST_DESCRIBE_FUNCTION, N, false); }
statement(R) ::= DESCRIBE(T) CONNECTOR name_or_string(N).
                                                { R = ast_build_describe(p, &T, AST_DESCRIBE_CONNECTOR, N, false); }
statement(R) ::= DESCRIBE(T) STREAMS extended(X).
                                                { R = ast_build_describe(p, &T, AST_DESCRIBE_STREAMS, ast_build_no_name(), X); }
statement(R) ::= DESCRIBE(T) TABLES extended(X).
                                                { R = ast_build_describe(p, &T, AST_DESCRIBE_TABLES, ast_build_no_name(), X); }

%type analyze {bool}
analyze(R) ::= .                                { R = false; }
analyze(R) ::= ANALYZE.                         { R = true; }
statement(R) ::= EXPLAIN(T) analyze(A) statement(S).
                                                { R = ast_build_explain(p, &T, A, S, ast_build_no_name()); }
statement(R) ::= EXPLAIN(T) analyze(A) name(N). { R = ast_build_explain(p, &T, A, NULL, N); }

%type show {token}
show(R) ::= SHOW(T).                            { R = T; }
show(R) ::= LIST(T).                            { R = T; }
statement(R) ::= show(T) STREAMS extended(X).   { R = ast_build_show(p, &T, AST_SHOW_STREAMS, X); }
statement(R) ::= show(T) TABLES extended(X).    { R = ast_build_show(p, &T, AST_SHOW_TABLES, X); }
statement(R) ::= show(T) TOPICS extended(X).    { R = ast_build_show(p, &T, AST_SHOW_TOPICS, X); }
statement(R) ::= show(T) ALL TOPICS extended(X).
                                                { R = ast_build_show(p, &T, AST_SHOW_TOPICS, X); R->show.all = true; }
statement(R) ::= show(T) QUERIES extended(X).   { R = ast_build_show(p, &T, AST_SHOW_QUERIES, X); }
statement(R) ::= show(T) FUNCTIONS.             { R = ast_build_show(p, &T, AST_SHOW_FUNCTIONS, false); }
statement(R) ::= show(T) TYPES.                 { R = ast_build_show(p, &T, AST_SHOW_TYPES, false); }
statement(R) ::= show(T) PROPERTIES.            { R = ast_build_show(p, &T, AST_SHOW_PROPERTIES, false); }
statement(R) ::= show(T) VARIABLES.             { R = ast_build_show(p, &T, AST_SHOW_VARIABLES, false); }
statement(R) ::= show(T) CONNECTORS.            { R = ast_build_show(p, &T, AST_SHOW_CONNECTORS, false); }
statement(R) ::= show(T) SOURCE CONNECTORS.     { R = ast_build_show(p, &T, AST_SHOW_SOURCE_CONNECTORS, false); }
statement(R) ::= show(T) SINK CONNECTORS.       { R = ast_build_show(p, &T, AST_SHOW_SINK_CONNECTORS, false); }
statement(R) ::= show(T) CONNECTOR PLUGINS.     { R = ast_build_show(p, &T, AST_SHOW_CONNECTOR_PLUGINS, false); }

shared_statement(R) ::= PRINT(T) exact_name(N) from_beginning(F) interval(I) limit(L). {
    R = ast_build_statement(p, AST_STATEMENT_PRINT, &T);
    R->print = (ast_print){N, F, I, L};
}
%type from_beginning {bool}
from_beginning(R) ::= .                         { R = false; }
from_beginning(R) ::= FROM BEGINNING.           { R = true; }
%type interval {int64_t}
interval(R) ::= .                               { R = 1; }
interval(R) ::= INTERVAL INTEGER(T).            { R = build_int64(p, &T); }
interval(R) ::= SAMPLE INTEGER(T).              { R = build_int64(p, &T); }

/* Running queries */
shared_statement(R) ::= PAUSE(T) name(N).              { R = ast_build_query_control(p, AST_STATEMENT_PAUSE, &T, N); }
shared_statement(R) ::= PAUSE(T) ALL.                  { R = ast_build_query_control(p, AST_STATEMENT_PAUSE, &T, ast_build_no_name()); }
shared_statement(R) ::= RESUME(T) name(N).             { R = ast_build_query_control(p, AST_STATEMENT_RESUME, &T, N); }
shared_statement(R) ::= RESUME(T) ALL.                 { R = ast_build_query_control(p, AST_STATEMENT_RESUME, &T, ast_build_no_name()); }
shared_statement(R) ::= TERMINATE(T) name(N).          { R = ast_build_query_control(p, AST_STATEMENT_TERMINATE, &T, N); }
shared_statement(R) ::= TERMINATE(T) ALL.              { R = ast_build_query_control(p, AST_STATEMENT_TERMINATE, &T, ast_build_no_name()); }

/* ASSERT */
%type not_exists {bool}
not_exists(R) ::= .                             { R = false; }
not_exists(R) ::= NOT EXISTS.                   { R = true; }
statement(R) ::= ASSERT(T) not_exists(X) TOPIC exact_name(N) with(W) timeout(D). {
    R = ast_build_statement(p, AST_STATEMENT_ASSERT_TOPIC, &T);
    R->assert_topic = (ast_assert_topic){X, N, W, D};
}
statement(R) ::= ASSERT(T) not_exists(X) SCHEMA subject(S) schema_id(I) timeout(D). {
    R = ast_build_statement(p, AST_STATEMENT_ASSERT_SCHEMA, &T);
    R->assert_schema = (ast_assert_schema){X, S, I, D};
}
%type subject {ast_name}
subject(R) ::= .                                { R = ast_build_no_name(); }
subject(R) ::= SUBJECT exact_name(N).           { R = N; }
%type schema_id {int64_t}
schema_id(R) ::= .                              { R = -1; }
schema_id(R) ::= ID INTEGER(T).                 { R = build_int64(p, &T); }
statement(R) ::= ASSERT(T) VALUES name(N) column_names(C) VALUES rows(L). {
    R = ast_build_statement(p, AST_STATEMENT_ASSERT_VALUES, &T);
    R->assert_values = (ast_assert_values){N, C.count > 0, C, L};
}
statement(R) ::= ASSERT(T) NULL VALUES name(N) column_names(C) KEY rows(L). {
    R = ast_build_statement(p, AST_STATEMENT_ASSERT_TOMBSTONE, &T);
    R->assert_values = (ast_assert_values){N, C.count > 0, C, L};
}
statement(R) ::= ASSERT(T) source_kind(K) name(N) column_definitions(C) with(W). {
    R = ast_build_create_source(p, &T, (build_create_flags){false, false}, K, false, N, C, W);
    R->kind = AST_STATEMENT_ASSERT_SOURCE;
}

/* The session */
shared_statement(R) ::= SET(T) property(P).            { R = ast_build_property_statement(p, AST_STATEMENT_SET, &T, P); }
statement(R) ::= UNSET(T) name_or_string(N).    { R = ast_build_property_statement(p, AST_STATEMENT_UNSET, &T, ast_build_property_name(p, N)); }
shared_statement(R) ::= DEFINE(T) exact_name(N) EQUAL property_value(V).
                                                { R = ast_build_property_statement(p, AST_STATEMENT_DEFINE, &T, ast_build_property(p, N, V)); }
shared_statement(R) ::= UNDEFINE(T) exact_name(N).     { R = ast_build_property_statement(p, AST_STATEMENT_UNDEFINE, &T, ast_build_property_name(p, N)); }
shared_statement(R) ::= RUN(T) SCRIPT STRING(S).       { R = ast_build_run_script(p, &T, &S); }

/* Connectors */
statement(R) ::= CREATE(T) SOURCE CONNECTOR if_not_exists(I) name_or_string(N) with(W). {
    R = ast_build_statement(p, AST_STATEMENT_CREATE_CONNECTOR, &T);
    R->create_connector = (ast_create_connector){true, I, N, W};
}
statement(R) ::= CREATE(T) SINK CONNECTOR if_not_exists(I) name_or_string(N) with(W). {
    R = ast_build_statement(p, AST_STATEMENT_CREATE_CONNECTOR, &T);
    R->create_connector = (ast_create_connector){false, I, N, W};
}
statement(R) ::= DROP(T) CONNECTOR if_exists(I) name_or_string(N). {
    R = ast_build_statement(p, AST_STATEMENT_DROP_CONNECTOR, &T);
    R->drop_connector = (ast_drop_connector){N, I};
}

/* A semicolon ends what the grammar reads; parser.c cuts the text there. */
goal ::= SEMICOLON.

%code {
/* What grammar.h promises, where the generated parser's private types are at hand. */

bool grammar_falls_back(int code) {
    return code > 0 && code < YYNTOKEN && yyFallback[code] != 0;
}

int grammar_terminals(void) { return YYNTOKEN; }

/* Feeds tokens until one is refused; the index of that one, or count. */
static int feed(yyParser *parser, parse *p, const token *tokens, int count) {
    for (int i = 0; i < count; i++) {
        if (tokens[i].code < 0)
            return i;
        grammar_parser(parser, tokens[i].code, tokens[i], p);
        if (p->rejected || error_is_set(p->error))
            return i;
        p->previous_end = tokens[i].offset + (int32_t)tokens[i].text.length;
    }
    return count;
}

int grammar_run(parse *p, const token *tokens, int count) {
    yyParser parser;
    grammar_parserInit(&parser);
    p->rejected = false;
    int fed = feed(&parser, p, tokens, count);
    grammar_parserFinalize(&parser);
    return fed;
}

static YYACTIONTYPE action_without_fallback(int code, YYACTIONTYPE state) {
    if (state > YY_MAX_SHIFT)
        return state;
    int i = yy_shift_ofst[state] + code;
    if (i < (int)(sizeof yy_lookahead / sizeof yy_lookahead[0]) && yy_lookahead[i] == code)
        return yy_action[i];
    return yy_default[state];
}

/* Plays the parser on a copy of its states until the terminal is shifted or refused. */
static bool accepts(const yyParser *parser, int code) {
    YYACTIONTYPE states[YYSTACKDEPTH + 1];
    int top = (int)(parser->yytos - parser->yystack);
    for (int i = 0; i <= top; i++)
        states[i] = parser->yystack[i].stateno;
    for (;;) {
        YYACTIONTYPE action = action_without_fallback(code, states[top]);
        if (action <= YY_MAX_SHIFTREDUCE)
            return true;
        if (action < YY_MIN_REDUCE)
            return code == TOKEN_END && action == YY_ACCEPT_ACTION;
        int rule = action - YY_MIN_REDUCE;
        top += yyRuleInfoNRhs[rule];
        YYACTIONTYPE next = yy_find_reduce_action(states[top], yyRuleInfoLhs[rule]);
        if (next == YY_ACCEPT_ACTION)
            return code == TOKEN_END;
        if (++top > YYSTACKDEPTH)
            return false;
        states[top] = next;
    }
}

/* Terminals are numbered as they come, and AFTER is the first of flink_grammar.y. */
static bool is_flinks(int code) {
    return code >= TK_AFTER;
}

void grammar_expected(parse *p, const token *tokens, int count, bool *expected) {
    yyParser parser;
    error ignored = {0}, *reported = p->error;
    grammar_parserInit(&parser);
    p->rejected = false;
    p->error = &ignored;
    int fed = feed(&parser, p, tokens, count);
    p->error = reported;
    for (int code = 0; code < YYNTOKEN; code++)
        expected[code] = fed == count && (p->dialect == PARSER_FLINK || !is_flinks(code)) &&
                         accepts(&parser, code);
    grammar_parserFinalize(&parser);
}
}
