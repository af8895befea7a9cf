/* match_automaton.h - the automaton of MATCH_RECOGNIZE for one partition's rows, as Flink's.
 *
 * The pattern is a sequence of elements, each a variable with a quantifier. Rows that match are
 * next to each other. Every row may begin a match; a partial match is its place in the pattern and
 * the rows so far, as a chain of links that partial matches share. A row is tried on every partial
 * match: it may stay in its element, or go on to the next one once there are enough rows; both may
 * come of one row. A greedy element does not give back: a row that it would take does not go on to
 * what is behind it. (`x?` and `x{n}` are not greedy in that sense.)
 *
 * A match is complete when its last row is taken, but given only when no partial match began
 * earlier. It removes partial and complete matches by the skip strategy: PAST LAST ROW those that
 * began up to its last row, TO NEXT ROW up to its first one, TO FIRST and TO LAST before that
 * variable's row. With WITHIN a partial match ends when time is that far from its first row.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_MATCH_AUTOMATON_H
#define SLUICE_EXECUTOR_OPERATOR_MATCH_AUTOMATON_H

#include "base/error.h"
#include "planner/plan.h"

typedef struct match_event {
    int64_t row, sequence, time; /* row: where its owner keeps the columns */
    int64_t place;               /* in the owner's list */
    int32_t links;
} match_event;

typedef struct match_link match_link;
struct match_link {
    match_link *before; /* the row before; NULL: the first */
    match_event *event;
    int32_t uses; /* by links behind it and by matches */
    int32_t variable;
};

/* A partial or complete match. */
typedef struct match_path {
    match_link *last;
    int64_t start_sequence, start_time;
    int32_t element, count; /* count: rows in that element */
} match_path;

typedef struct match_paths {
    match_path *items;
    int32_t count, capacity;
} match_paths;

typedef struct match_element {
    int variable;
    int64_t least, most; /* most: INT64_MAX without a bound */
    bool greedy;
} match_element;

typedef struct match_automaton {
    match_element *elements;
    int count;
    int64_t within_ms;
    plan_skip skip;
    int skip_variable;
    /* Whether `event` may be mapped to a variable behind the rows of `last`. */
    bool (*holds)(void *context, int variable, const match_link *last, const match_event *event);
    void (*matched)(void *context, const match_path *match); /* valid during the call */
    void (*released)(void *context, match_event *event);     /* nobody uses it any more */
    void *context;
    match_link *free;
    match_paths next; /* the partial matches behind a row */
} match_automaton;

/* One partition's state. A zeroed one is empty. */
typedef struct match_state {
    match_paths partial, complete;
} match_state;

/* False with the error for a pattern that is not a sequence of quantified variables. */
bool match_automaton_open(match_automaton *m, const plan_node *node, error *e);
void match_automaton_close(match_automaton *m);
/* Tries a row; gives the matches that are due. */
void match_automaton_row(match_automaton *m, match_state *s, match_event *event);
/* Ends what WITHIN does not admit any more at this time; gives the matches that waited for it. */
void match_automaton_time(match_automaton *m, match_state *s, int64_t time);
void match_state_close(match_automaton *m, match_state *s);
/* For reading a state back: a link of these, and a path that ends in it. */
match_link *match_automaton_link(
    match_automaton *m, match_link *before, match_event *event, int variable);
void match_automaton_unuse(match_automaton *m, match_link *link);
void match_paths_add(match_paths *paths, const match_path *path);

#endif
