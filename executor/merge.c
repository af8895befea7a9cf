/* Inputs merged by rowtime, as segments of rows rather than row by row.
 *
 * Each input buffers rows in the order they were read. The input whose first waiting row is the
 * earliest goes next (the lower input first when equal), and gives all its rows up to the next
 * input's first one at once. Nothing moves while an input that may still bring an earlier row has
 * none waiting: that makes the order, and so the results of a join, independent of how reading was
 * timed. */
#include "base/memory.h"
#include "executor/task.h"

typedef struct merge_input {
    batch_builder *rows;
    int64_t next; /* first row not yet emitted */
    operator* source;
} merge_input;

struct merge {
    running_query *query;
    int count;
    merge_input *inputs;      /* by assignment */
    batch_builder **segments; /* by assignment, for parts of a buffer; made when needed */
};

/* A node's rows with the offsets that positions are made of, whether or not someone below reads
 * them. */
static batch_builder *builder_with_offsets(const plan_node *node) {
    plan_node positioned = *node;
    positioned.needs_source = true;
    return node_batch_builder(&positioned);
}

merge *merge_create(running_query *q) {
    merge *m = MEMORY_NEW(merge);
    m->query = q;
    m->count = q->assignment_count;
    m->inputs = memory_allocate_zero(sizeof(merge_input) * (size_t)m->count);
    m->segments = memory_allocate_zero(sizeof(batch_builder *) * (size_t)m->count);
    for (int i = 0; i < m->count; i++) {
        const assignment *a = &q->assignments[i];
        const plan_node *node = q->plan->sources[a->source];
        m->inputs[i].rows = builder_with_offsets(node);
        m->inputs[i].source = q->instances[node->id].operators[a->partition];
    }
    return m;
}

void merge_destroy(merge *m) {
    if (!m)
        return;
    for (int i = 0; i < m->count; i++) {
        batch_builder_destroy(m->inputs[i].rows);
        batch_builder_destroy(m->segments[i]);
    }
    memory_free(m->inputs);
    memory_free(m->segments);
    memory_free(m);
}

void merge_add(merge *m, int assignment, const batch *rows) {
    merge_input *input = &m->inputs[assignment];
    if (input->next == input->rows->rows) {
        batch_builder_clear(input->rows);
        input->next = 0;
    }
    batch_builder_append_rows(input->rows, rows, 0, rows->rows);
}

int64_t merge_waiting(const merge *m, int assignment) {
    return m->inputs[assignment].rows->rows - m->inputs[assignment].next;
}

int64_t merge_position(const merge *m, int assignment, int64_t fallback) {
    const merge_input *input = &m->inputs[assignment];
    return input->next < input->rows->rows ? input->rows->offset[input->next] : fallback;
}

/* Nothing more is known to come. What a drain waits for is, though a reader that was at its end may
 * not have heard of it. */
static bool is_at_end(const running_query *q, int assignment) {
    const struct assignment *a = &q->assignments[assignment];
    return topic_reader_at_end(q->reader, a->input) &&
           topic_reader_position(q->reader, a->input) >= a->drain_to;
}

/* The input to emit from, -1 when it is not certain yet. `until` gets the first rowtime of the
 * others, and `before` says that rows at exactly that time belong to another input. */
static int choose(const merge *m, int64_t *until, bool *before) {
    int best = -1;
    *until = INT64_MAX;
    *before = false;
    for (int i = 0; i < m->count; i++) {
        const merge_input *input = &m->inputs[i];
        if (input->next == input->rows->rows) {
            if (!is_at_end(m->query, i))
                return -1;
            continue;
        }
        int64_t head = input->rows->rowtime[input->next];
        if (best < 0 || head < m->inputs[best].rows->rowtime[m->inputs[best].next]) {
            if (best >= 0) {
                *until = m->inputs[best].rows->rowtime[m->inputs[best].next];
                *before = false;
            }
            best = i;
        } else if (head < *until) {
            *until = head;
            *before = false;
        }
    }
    /* Equal times go to the lower input, so rows at `until` wait when a lower input holds that
     * time. */
    for (int i = 0; i < best; i++)
        if (merge_waiting(m, i) && m->inputs[i].rows->rowtime[m->inputs[i].next] == *until)
            *before = true;
    return best;
}

/* A table's records without a key count for the order of time only. */
static bool is_placeholder(const merge *m, int which, int64_t row) {
    const plan_node *source = m->query->plan->sources[m->query->assignments[which].source];
    return source->mode != CHANGELOG_APPEND && m->inputs[which].rows->change[row] == CHANGE_EMPTY;
}

static int64_t count_placeholders(const merge *m, int which, int64_t first, int64_t end) {
    int64_t count = 0;
    for (int64_t row = first; row < end; row++)
        count += is_placeholder(m, which, row);
    return count;
}

static batch_builder *cleared_segment(merge *m, int which) {
    batch_builder **segment = &m->segments[which];
    if (!*segment)
        *segment = builder_with_offsets(m->inputs[which].source->node);
    batch_builder_clear(*segment);
    return *segment;
}

/* `count` rows of input `input` from `number` on. */
static void emit_segment(const work *w) {
    merge *m = w->object;
    merge_input *input = &m->inputs[w->input];
    int64_t first = w->number, end = first + w->count;
    m->query->dirty = true;
    int64_t placeholders = count_placeholders(m, w->input, first, end);
    const batch *rows = batch_builder_view(input->rows);
    if (w->count == rows->rows && placeholders == 0) {
        operator_emit(input->source, rows);
        return;
    }
    batch_builder *segment = cleared_segment(m, w->input);
    if (placeholders == 0)
        batch_builder_append_rows(segment, rows, first, w->count);
    for (int64_t row = first; placeholders > 0 && row < end; row++)
        if (!is_placeholder(m, w->input, row))
            batch_builder_append_rows(segment, rows, row, 1);
    operator_emit(input->source, batch_builder_view(segment));
}

void merge_run(merge *m) {
    int64_t until;
    bool before;
    for (int which; (which = choose(m, &until, &before)) >= 0 && !m->query->failed;) {
        merge_input *input = &m->inputs[which];
        int64_t first = input->next, end = first + 1;
        while (end < input->rows->rows && (input->rows->rowtime[end] < until ||
                                              (input->rows->rowtime[end] == until && !before)))
            end++;
        input->next = end;
        query_do(m->query, &(work){.run = emit_segment,
                               .at = input->source,
                               .input = which,
                               .number = first,
                               .count = end - first,
                               .object = m});
    }
}
