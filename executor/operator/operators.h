/* operators.h - the constructors of the operators with a file of their own; operator_create picks
 * one by the node's kind. */
#ifndef SLUICE_EXECUTOR_OPERATOR_OPERATORS_H
#define SLUICE_EXECUTOR_OPERATOR_OPERATORS_H

#include "executor/operator/operator.h"

operator* aggregate_operator_create(const plan_node *node, task *t);
operator* final_operator_create(const plan_node *node, task *t);
operator* foreign_key_join_operator_create(const plan_node *node, task *t);
operator* distinct_operator_create(const plan_node *node, task *t);
operator* expire_operator_create(const plan_node *node, task *t);
operator* hash_join_operator_create(const plan_node *node, task *t);
operator* normalize_operator_create(const plan_node *node, task *t);
operator* stream_join_operator_create(const plan_node *node, task *t);
/* Another bound of the bytes in memory for each input's rows. Before it is opened. */
void stream_join_operator_limit_memory(operator* self, int64_t share);
operator* stream_table_join_operator_create(const plan_node *node, task *t);
operator* table_join_operator_create(const plan_node *node, task *t);

/* The relational operators. */
operator* watermark_operator_create(const plan_node *node, task *t);
operator* group_aggregate_operator_create(const plan_node *node, task *t);
/* Another bound on what is kept in memory. Once it is open. */
void group_aggregate_operator_limit_cache(operator* self, int64_t bytes);
operator* time_window_operator_create(const plan_node *node, task *t);
operator* window_aggregate_operator_create(const plan_node *node, task *t);
/* WINDOW_AGGREGATE with SESSION windows. */
operator* session_aggregate_operator_create(const plan_node *node, task *t);
operator* relational_join_operator_create(const plan_node *node, task *t);
/* The same, for each side. */
void relational_join_operator_limit_cache(operator* self, int64_t bytes);
operator* upsert_operator_create(const plan_node *node, task *t);
operator* top_n_operator_create(const plan_node *node, task *t);
void top_n_operator_limit_cache(operator* self, int64_t bytes); /* the same */
operator* temporal_join_operator_create(const plan_node *node, task *t);
operator* temporal_sort_operator_create(const plan_node *node, task *t);
operator* over_operator_create(const plan_node *node, task *t);
operator* interval_join_operator_create(const plan_node *node, task *t);
operator* window_join_operator_create(const plan_node *node, task *t);
operator* match_operator_create(const plan_node *node, task *t);
operator* union_operator_create(const plan_node *node, task *t);
operator* records_operator_create(const plan_node *node, task *t);

#endif
