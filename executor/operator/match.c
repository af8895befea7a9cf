/* MATCH_RECOGNIZE: rows of each partition, in order, through an automaton (match_automaton.h).
 *
 * By event time rows wait until the watermark has passed them (time_buffer.h). The rows that
 * matches refer to are in one batch for all partitions, which is rebuilt without the others when
 * most of it is not referred to any more. A condition that reads the row at hand only is computed
 * for whole batches; others row by row, over the values that their terms ask for: the row at hand
 * counts as the last one of the variable it is tried for.
 *
 * State: 0: the watermark; 1, key: a partition's partial and complete matches with their rows. All
 * of it is read back at the start.
 */
#include "base/memory.h"
#include "executor/operator/calls.h"
#include "executor/operator/match_automaton.h"
#include "executor/operator/operators.h"
#include "executor/operator/row_keys.h"
#include "executor/operator/time_buffer.h"

enum { EMIT_ROWS = 4096, GARBAGE_LEAST = 16384 };

/* An expression over terms. */
typedef struct match_program {
    const plan_match_expression *plan;
    program *program;       /* NULL: always true */
    bool is_local;          /* of the row at hand only: computed by batch */
    const column *computed; /* then: for the batch at hand */
    batch_builder *terms;
    const column **local;
    calls calls; /* of its aggregates, in the order of its terms */
    plan_call *list;
    void *block;
} match_program;

typedef struct partition {
    match_state state;
    int64_t deadline; /* in the heap with this one; INT64_MAX: not in it */
} partition;

typedef struct deadline_entry {
    int64_t time;
    group *group;
} deadline_entry;

typedef struct match_operator {
    operator base;
    match_automaton automaton;
    match_program *defines, *measures;
    time_buffer waiting;
    row_keys keys;
    store *store;
    group_table partitions;
    batch_builder *events, *ordered, *out;
    const batch *events_view;
    const sql_type **types;
    match_event **live;                                            /* that links refer to */
    int64_t live_count, live_capacity, next_sequence, batch_first; /* of the batch at hand */
    deadline_entry *heap;
    int64_t heap_count, heap_capacity;
    group **dirty, *current;
    int64_t dirty_count, dirty_capacity, watermark_ms, saved_watermark_ms, empty;
    int32_t *rows; /* scratch, of aggregates */
    void **blocks;
    int64_t capacity;
    buffer key, value;
} match_operator;

static inline partition *partition_of(group *g) {
    return (partition *)g->state;
}

/* ---- events ---- */

static match_event *make_event(match_operator *m, int64_t row, int64_t time) {
    match_event *event = memory_allocate(sizeof *event);
    if (m->live_count == m->live_capacity) {
        m->live_capacity = m->live_capacity ? m->live_capacity * 2 : 1024;
        m->live = memory_resize(m->live, sizeof *m->live * (size_t)m->live_capacity);
    }
    *event = (match_event){
        .row = row, .sequence = m->next_sequence++, .time = time, .place = m->live_count};
    m->live[m->live_count++] = event;
    return event;
}

static void drop_event(void *context, match_event *event) {
    match_operator *m = context;
    match_event *last = m->live[--m->live_count];
    m->live[event->place] = last;
    last->place = event->place;
    memory_free(event);
}

/* Rows that nobody refers to leave. Not while a batch is at hand. */
static void compact(match_operator *m) {
    if (m->events->rows < 2 * m->live_count + GARBAGE_LEAST)
        return;
    batch_builder *kept = node_batch_builder(m->base.node->inputs[0]);
    int32_t *rows = memory_allocate(sizeof *rows * ((size_t)m->live_count + 1));
    for (int64_t i = 0; i < m->live_count; i++)
        rows[i] = (int32_t)m->live[i]->row;
    batch_builder_append_gather(kept, batch_builder_view(m->events), rows, m->live_count);
    for (int64_t i = 0; i < m->live_count; i++)
        m->live[i]->row = i;
    memory_free(rows);
    batch_builder_destroy(m->events);
    m->events = kept;
}

/* ---- terms ---- */

/* The row that a term names; -1: there is none. `event` (may be NULL) is the row at hand, tried for
 * `tried`. */
static int64_t row_of_term(
    const plan_match_term *t, const match_link *last, const match_event *event, int tried) {
    bool at_hand = event && (t->variable < 0 || t->variable == tried);
    if (t->kind == PLAN_MATCH_LAST) {
        int64_t left = t->offset;
        if (at_hand && left-- == 0)
            return event->row;
        for (const match_link *l = last; l; l = l->before)
            if ((t->variable < 0 || l->variable == t->variable) && left-- == 0)
                return l->event->row;
        return -1;
    }
    int64_t count = at_hand;
    for (const match_link *l = last; l; l = l->before)
        count += t->variable < 0 || l->variable == t->variable;
    int64_t back = count - 1 - t->offset; /* from the end */
    if (back < 0)
        return -1;
    plan_match_term from_end = *t;
    from_end.kind = PLAN_MATCH_LAST;
    from_end.offset = back;
    return row_of_term(&from_end, last, event, tried);
}

static void reserve(match_operator *m, int64_t count) {
    if (count <= m->capacity)
        return;
    m->capacity = count * 2;
    m->rows = memory_resize(m->rows, sizeof *m->rows * (size_t)m->capacity);
    m->blocks = memory_resize(m->blocks, sizeof *m->blocks * (size_t)m->capacity);
}

/* All rows mapped to the term's variable, the first one first, through aggregate number `call`. */
static void append_aggregate(match_operator *m, match_program *p, int call,
    const plan_match_term *t, const match_link *last, const match_event *event, int tried,
    column *to) {
    bool at_hand = event && (t->variable < 0 || t->variable == tried);
    int64_t count = at_hand;
    for (const match_link *l = last; l; l = l->before)
        count += t->variable < 0 || l->variable == t->variable;
    reserve(m, count + 1);
    int64_t at = count;
    if (at_hand)
        m->rows[--at] = (int32_t)event->row;
    for (const match_link *l = last; l; l = l->before)
        if (t->variable < 0 || l->variable == t->variable)
            m->rows[--at] = (int32_t)l->event->row;
    const aggregate_instance *instance = &p->calls.aggregates.instances[call];
    void *slot = (char *)p->block + p->calls.aggregates.offsets[call];
    instance->kernel->start(instance, slot);
    for (int64_t i = 0; i < count; i++)
        m->blocks[i] = p->block;
    calls_bind(&p->calls, m->events_view);
    if (count)
        calls_step_plain(&p->calls, call, m->events_view, m->rows, m->blocks, count);
    instance->kernel->result(instance, slot, to);
    if (instance->kernel->destroy)
        instance->kernel->destroy(instance, slot);
}

/* The expression's value for one row of terms. */
static const column *compute(match_operator *m, match_program *p, const match_link *last,
    const match_event *event, int tried) {
    int call = 0;
    batch_builder_clear(p->terms);
    batch_builder_add_row(p->terms, event ? event->time : last->event->time, CHANGE_INSERT);
    for (int i = 0; i < p->plan->term_count; i++) {
        const plan_match_term *t = &p->plan->terms[i];
        column *to = p->terms->columns[i];
        if (t->kind == PLAN_MATCH_AGGREGATE) {
            append_aggregate(m, p, call++, t, last, event, tried, to);
            continue;
        }
        int64_t row = row_of_term(t, last, event, tried);
        if (row < 0)
            column_append_null(to);
        else
            column_append_row(to, m->events->columns[t->column], row);
    }
    const column *value;
    program_run(p->program, batch_builder_view(p->terms), &value,
        task_program_report(m->base.task, m->base.node));
    return value;
}

static bool holds(void *context, int variable, const match_link *last, const match_event *event) {
    match_operator *m = context;
    match_program *p = &m->defines[variable];
    if (!p->program)
        return true;
    int64_t row = 0;
    const column *value = p->computed;
    if (p->is_local)
        row = event->row - m->batch_first;
    else
        value = compute(m, p, last, event, variable);
    return !column_is_null(value, row) && value->booleans[row];
}

static void give_match(void *context, const match_path *match) {
    match_operator *m = context;
    const plan_node *node = m->base.node;
    batch_builder_add_row(m->out, match->last->event->time, CHANGE_INSERT);
    row_keys_output(&m->keys, &m->current->key, m->out->columns);
    for (int i = 0; i < node->match.measure_count; i++)
        column_append_row(m->out->columns[m->keys.count + i],
            compute(m, &m->measures[i], match->last, NULL, -1), 0);
}

static void emit_out(match_operator *m) {
    operator_emit(&m->base, batch_builder_view(m->out));
    batch_builder_clear(m->out);
}

/* ---- deadlines ---- */

static void heap_push(match_operator *m, int64_t time, group *g) {
    if (m->heap_count == m->heap_capacity) {
        m->heap_capacity = m->heap_capacity ? m->heap_capacity * 2 : 1024;
        m->heap = memory_resize(m->heap, sizeof *m->heap * (size_t)m->heap_capacity);
    }
    int64_t at = m->heap_count++;
    for (; at > 0 && m->heap[(at - 1) / 2].time > time; at = (at - 1) / 2)
        m->heap[at] = m->heap[(at - 1) / 2];
    m->heap[at] = (deadline_entry){time, g};
    partition_of(g)->deadline = time;
}

static group *heap_pop(match_operator *m) {
    group *top = m->heap[0].group;
    deadline_entry last = m->heap[--m->heap_count];
    int64_t at = 0;
    for (int64_t child; (child = 2 * at + 1) < m->heap_count; at = child) {
        if (child + 1 < m->heap_count && m->heap[child + 1].time < m->heap[child].time)
            child++;
        if (m->heap[child].time >= last.time)
            break;
        m->heap[at] = m->heap[child];
    }
    m->heap[at] = last;
    partition_of(top)->deadline = INT64_MAX;
    return top;
}

/* With one entry a partition, for its earliest partial match or before. */
static void set_deadline(match_operator *m, group *g) {
    partition *p = partition_of(g);
    if (!m->automaton.within_ms || p->deadline != INT64_MAX || p->state.partial.count == 0)
        return;
    int64_t start = INT64_MAX;
    for (int32_t i = 0; i < p->state.partial.count; i++)
        if (p->state.partial.items[i].start_time < start)
            start = p->state.partial.items[i].start_time;
    heap_push(m, start + m->automaton.within_ms, g);
}

static void mark_dirty(match_operator *m, group *g) {
    if (g->is_dirty)
        return;
    g->is_dirty = true;
    if (m->dirty_count == m->dirty_capacity) {
        m->dirty_capacity = m->dirty_capacity ? m->dirty_capacity * 2 : 1024;
        m->dirty = memory_resize(m->dirty, sizeof *m->dirty * (size_t)m->dirty_capacity);
    }
    m->dirty[m->dirty_count++] = g;
}

static void end_partial_matches(match_operator *m, int64_t time) {
    m->events_view = batch_builder_view(m->events);
    while (m->heap_count && m->heap[0].time <= time) {
        group *g = heap_pop(m);
        m->current = g;
        mark_dirty(m, g);
        match_automaton_time(&m->automaton, &partition_of(g)->state, time);
        set_deadline(m, g);
        if (m->out->rows >= EMIT_ROWS)
            emit_out(m);
    }
    emit_out(m);
}

/* ---- rows in order ---- */

static void compute_local(match_operator *m, const batch *in) {
    for (int v = 0; v < m->base.node->match.variable_count; v++) {
        match_program *p = &m->defines[v];
        if (!p->is_local)
            continue;
        for (int i = 0; i < p->plan->term_count; i++)
            p->local[i] = in->columns[p->plan->terms[i].column];
        batch terms = *in;
        terms.column_count = p->plan->term_count;
        terms.columns = (column *const *)p->local;
        program_run(
            p->program, &terms, &p->computed, task_program_report(m->base.task, m->base.node));
    }
}

static void take_rows(match_operator *m, const batch *in) {
    compact(m);
    m->batch_first = m->events->rows;
    batch_builder_append_rows(m->events, in, 0, in->rows);
    m->events_view = batch_builder_view(m->events);
    row_keys_bind(&m->keys, in);
    compute_local(m, in);
    for (int64_t row = 0; row < in->rows; row++) {
        if (in->change[row] != CHANGE_INSERT)
            continue;
        group_key key = row_keys_get(&m->keys, row);
        group *g = group_table_find(&m->partitions, &key);
        if (!g) {
            g = group_table_add(&m->partitions, &key);
            partition_of(g)->deadline = INT64_MAX;
        }
        m->current = g;
        partition *p = partition_of(g);
        bool was_empty = p->state.partial.count + p->state.complete.count == 0;
        match_automaton_time(&m->automaton, &p->state, in->rowtime[row]);
        match_event *event = make_event(m, m->batch_first + row, in->rowtime[row]);
        event->links++; /* ours */
        match_automaton_row(&m->automaton, &p->state, event);
        if (--event->links == 0)
            drop_event(m, event);
        if (!was_empty || p->state.partial.count + p->state.complete.count)
            mark_dirty(m, g);
        set_deadline(m, g);
        if (m->out->rows >= EMIT_ROWS)
            emit_out(m);
    }
    emit_out(m);
}

static void match_batch(operator* self, int input, const batch *in) {
    match_operator *m = (match_operator *)self;
    (void)input;
    if (self->node->match.time >= 0) {
        time_buffer_add_batch(&m->waiting, in, m->watermark_ms);
        return;
    }
    int64_t now_ms = clock_now_ms(task_clock(self->task));
    batch_builder_clear(m->ordered);
    batch_builder_append_rows(m->ordered, in, 0, in->rows);
    for (int64_t row = 0; row < in->rows; row++)
        m->ordered->rowtime[row] = now_ms;
    take_rows(m, batch_builder_view(m->ordered));
}

static void match_watermark(operator* self, int input, int64_t watermark_ms) {
    match_operator *m = (match_operator *)self;
    (void)input;
    if (self->node->match.time >= 0 && watermark_ms != WATERMARK_IDLE &&
        watermark_ms > m->watermark_ms) {
        m->watermark_ms = watermark_ms;
        while (batch_builder_clear(m->ordered),
            time_buffer_take(&m->waiting, watermark_ms, m->ordered, EMIT_ROWS))
            take_rows(m, batch_builder_view(m->ordered));
        end_partial_matches(m, watermark_ms);
    }
    operator_emit_watermark(self, watermark_ms);
}

static void match_timer(operator* self, int64_t now_ms) {
    if (self->node->match.time < 0)
        end_partial_matches((match_operator *)self, now_ms);
}

/* ---- state: the paths, each with its rows, which are shared by number ---- */

static void append_number(buffer *out, int64_t number) {
    row_key_append_int64(out, number);
}

static void save_paths(match_operator *m, const match_paths *paths, buffer *out) {
    append_number(out, paths->count);
    for (int32_t i = 0; i < paths->count; i++) {
        const match_path *p = &paths->items[i];
        int64_t length = 0;
        for (const match_link *l = p->last; l; l = l->before)
            length++;
        append_number(out, p->start_time);
        append_number(out, p->element);
        append_number(out, p->count);
        append_number(out, length);
        for (const match_link *l = p->last; l; l = l->before) {
            append_number(out, l->variable);
            append_number(out, l->event->sequence);
            append_number(out, l->event->time);
            size_t at = out->length;
            append_number(out, 0);
            row_value_append(
                out, m->events->columns, m->base.node->inputs[0]->column_count, l->event->row);
            buffer length_bytes = {0};
            append_number(&length_bytes, (int64_t)(out->length - at - 8));
            memcpy(out->data + at, length_bytes.data, 8);
            buffer_free(&length_bytes);
        }
    }
}

static bool take_number(slice *bytes, int64_t *number) {
    if (bytes->length < 8)
        return false;
    *number = row_key_read_int64(bytes);
    return true;
}

static match_event *event_numbered(match_operator *m, int64_t first, int64_t sequence) {
    for (int64_t i = first; i < m->live_count; i++)
        if (m->live[i]->sequence == sequence)
            return m->live[i];
    return NULL;
}

/* Rows are listed from the last one back; links are made from the first one on. */
static bool load_path(match_operator *m, match_paths *to, int64_t first_event, slice *bytes) {
    int64_t start_time, element, count, length;
    if (!take_number(bytes, &start_time) || !take_number(bytes, &element) ||
        !take_number(bytes, &count) || !take_number(bytes, &length) || length < 1)
        return false;
    match_event **events = memory_allocate(sizeof *events * (size_t)length);
    int *variables = memory_allocate(sizeof *variables * (size_t)length);
    bool ok = true;
    for (int64_t i = length - 1; i >= 0 && ok; i--) {
        int64_t variable, sequence, time, size;
        ok = take_number(bytes, &variable) && take_number(bytes, &sequence) &&
             take_number(bytes, &time) && take_number(bytes, &size) &&
             (size_t)size <= bytes->length;
        if (!ok)
            break;
        slice row = slice_make(bytes->data, (size_t)size);
        *bytes = slice_make(bytes->data + size, bytes->length - (size_t)size);
        variables[i] = (int)variable;
        events[i] = event_numbered(m, first_event, sequence);
        if (events[i])
            continue;
        int64_t at = batch_builder_add_row(m->events, time, CHANGE_INSERT);
        ok = row_value_read(
            &row, m->types, m->events->columns, m->base.node->inputs[0]->column_count);
        events[i] = make_event(m, at, time);
        events[i]->sequence = sequence;
        if (sequence >= m->next_sequence)
            m->next_sequence = sequence + 1;
    }
    match_link *last = NULL;
    for (int64_t i = 0; i < length && ok; i++)
        last = match_automaton_link(&m->automaton, last, events[i], variables[i]);
    if (ok)
        match_paths_add(to, &(match_path){.last = last,
                                .start_sequence = events[0]->sequence,
                                .start_time = start_time,
                                .element = (int32_t)element,
                                .count = (int32_t)count});
    memory_free(events);
    memory_free(variables);
    return ok;
}

static bool load_partition(match_operator *m, slice key, slice bytes) {
    group_key of;
    key = slice_make(key.data + 1, key.length - 1);
    if (!row_keys_read(&m->keys, &key, &of))
        return false;
    group *g = group_table_add(&m->partitions, &of);
    partition_of(g)->deadline = INT64_MAX;
    match_paths *lists[] = {&partition_of(g)->state.partial, &partition_of(g)->state.complete};
    int64_t first_event = m->live_count;
    for (int k = 0; k < 2; k++) {
        int64_t count;
        if (!take_number(&bytes, &count))
            return false;
        for (int64_t i = 0; i < count; i++)
            if (!load_path(m, lists[k], first_event, &bytes))
                return false;
    }
    set_deadline(m, g);
    return true;
}

static bool load_all(match_operator *m, error *e) {
    slice saved = store_get(m->store, SLICE_LITERAL("\0")), key, value;
    if (saved.data && saved.length == 16) {
        m->watermark_ms = m->saved_watermark_ms = row_key_read_int64(&saved);
        m->next_sequence = row_key_read_int64(&saved);
    }
    static const char first[] = {1};
    bool ok = true;
    store_cursor *c = store_cursor_open(m->store, slice_make(first, 1), (slice){NULL, 0});
    while (ok && store_cursor_next(c, &key, &value))
        ok = load_partition(m, key, value);
    store_cursor_close(c);
    return ok || error_set(e, ERROR_DATA, "The saved matches of %.*s cannot be read.",
                     SLICE_ARG(m->base.node->store));
}

static bool is_empty(void *context, group *g) {
    const partition *p = partition_of(g);
    bool empty = p->state.partial.count + p->state.complete.count == 0 && p->deadline == INT64_MAX;
    if (empty)
        match_state_close(&((match_operator *)context)->automaton, &partition_of(g)->state);
    return empty;
}

static bool match_barrier(operator* self, error *e) {
    match_operator *m = (match_operator *)self;
    (void)e;
    if (self->node->match.time >= 0)
        time_buffer_save(&m->waiting);
    for (int64_t i = 0; i < m->dirty_count; i++) {
        group *g = m->dirty[i];
        const match_state *s = &partition_of(g)->state;
        g->is_dirty = false;
        buffer_clear(&m->key);
        buffer_append_byte(&m->key, 1);
        row_keys_append(&m->keys, &g->key, &m->key);
        if (s->partial.count + s->complete.count == 0) {
            m->empty++;
            store_delete(m->store, buffer_slice(&m->key));
            continue;
        }
        buffer_clear(&m->value);
        save_paths(m, &s->partial, &m->value);
        save_paths(m, &s->complete, &m->value);
        store_put(m->store, buffer_slice(&m->key), buffer_slice(&m->value));
    }
    if (m->dirty_count || m->watermark_ms != m->saved_watermark_ms) {
        buffer_clear(&m->value);
        append_number(&m->value, m->watermark_ms);
        append_number(&m->value, m->next_sequence);
        store_put(m->store, SLICE_LITERAL("\0"), buffer_slice(&m->value));
        m->saved_watermark_ms = m->watermark_ms;
    }
    m->dirty_count = 0;
    if (m->partitions.count > 4096 && m->empty > m->partitions.count / 2) {
        group_table_sweep(&m->partitions, is_empty, m);
        m->empty = 0;
    }
    return true;
}

/* ---- opening and closing ---- */

static bool is_local(const plan_match_expression *plan, int variable) {
    for (int i = 0; i < plan->term_count; i++) {
        const plan_match_term *t = &plan->terms[i];
        if (t->kind == PLAN_MATCH_AGGREGATE || t->offset != 0 || t->kind == PLAN_MATCH_FIRST ||
            (t->variable >= 0 && t->variable != variable))
            return false;
    }
    return true;
}

static bool open_program(match_operator *m, match_program *p, const plan_match_expression *plan,
    int variable, error *e) {
    p->plan = plan;
    if (!plan->expression)
        return true;
    int calls = 0;
    const sql_type **types = memory_allocate(sizeof *types * ((size_t)plan->term_count + 1));
    p->list = memory_allocate_zero(sizeof *p->list * ((size_t)plan->term_count + 1));
    p->local = memory_allocate_zero(sizeof *p->local * ((size_t)plan->term_count + 1));
    for (int i = 0; i < plan->term_count; i++) {
        types[i] = plan->terms[i].type;
        if (plan->terms[i].kind == PLAN_MATCH_AGGREGATE)
            p->list[calls++] = plan->terms[i].call;
    }
    p->terms = batch_builder_create(types, plan->term_count, false, false, false);
    memory_free(types);
    p->is_local = variable >= 0 && is_local(plan, variable);
    calls_options options = {0};
    if (!calls_open(&p->calls, &m->base, p->list, calls, &options, e))
        return false;
    p->block = memory_allocate_zero(p->calls.aggregates.bytes + 16);
    p->program = program_compile(&plan->expression, 1, e);
    return p->program != NULL;
}

static void close_programs(match_program *programs, int count) {
    for (int i = 0; programs && i < count; i++) {
        program_destroy(programs[i].program);
        if (programs[i].calls.aggregates.instances)
            calls_close(&programs[i].calls);
        batch_builder_destroy(programs[i].terms);
        memory_free(programs[i].list);
        memory_free(programs[i].local);
        memory_free(programs[i].block);
    }
    memory_free(programs);
}

static bool match_open(operator* self, error *e) {
    match_operator *m = (match_operator *)self;
    const plan_node *node = self->node, *input = node->inputs[0];
    m->watermark_ms = m->saved_watermark_ms = INT64_MIN;
    m->events = node_batch_builder(input);
    m->ordered = node_batch_builder(input);
    m->out = node_batch_builder(node);
    m->types = memory_allocate(sizeof *m->types * ((size_t)input->column_count + 1));
    for (int i = 0; i < input->column_count; i++)
        m->types[i] = input->columns[i].type;
    row_keys_open(&m->keys, input, node->match.partition, node->match.partition_count);
    group_table_open(&m->partitions, m->keys.form, sizeof(partition));
    m->automaton = (match_automaton){
        .holds = holds, .matched = give_match, .released = drop_event, .context = m};
    if (!match_automaton_open(&m->automaton, node, e))
        return false;
    m->defines =
        memory_allocate_zero(sizeof *m->defines * ((size_t)node->match.variable_count + 1));
    m->measures =
        memory_allocate_zero(sizeof *m->measures * ((size_t)node->match.measure_count + 1));
    for (int i = 0; i < node->match.variable_count; i++)
        if (!open_program(m, &m->defines[i], &node->match.defines[i], i, e))
            return false;
    for (int i = 0; i < node->match.measure_count; i++)
        if (!open_program(m, &m->measures[i], &node->match.measures[i], -1, e))
            return false;
    m->store = task_store(self->task, node, NULL, e);
    if (!m->store)
        return false;
    if (node->match.time >= 0 && !time_buffer_open(&m->waiting, self, 0, node->match.time,
                                     node->match.order, node->match.order_count, "-Waiting", e))
        return false;
    return load_all(m, e);
}

static void drop_partition(void *context, group *g) {
    match_operator *m = context;
    match_state_close(&m->automaton, &partition_of(g)->state);
}

static void match_close(operator* self) {
    match_operator *m = (match_operator *)self;
    if (m->partitions.cells)
        group_table_close(&m->partitions, drop_partition, m);
    match_automaton_close(&m->automaton);
    for (int64_t i = 0; i < m->live_count; i++)
        memory_free(m->live[i]);
    close_programs(m->defines, self->node->match.variable_count);
    close_programs(m->measures, self->node->match.measure_count);
    time_buffer_close(&m->waiting);
    row_keys_close(&m->keys);
    batch_builder_destroy(m->events);
    batch_builder_destroy(m->ordered);
    batch_builder_destroy(m->out);
    void *blocks[] = {m->types, m->live, m->heap, m->dirty, m->rows, m->blocks};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        memory_free(blocks[i]);
    buffer_free(&m->key);
    buffer_free(&m->value);
    memory_free(m);
}

static const operator_class match_class = {
    .name = "match",
    .open = match_open,
    .batch = match_batch,
    .watermark = match_watermark,
    .timer = match_timer,
    .barrier = match_barrier,
    .close = match_close,
};

operator* match_operator_create(const plan_node *node, task *t) {
    match_operator *m = MEMORY_NEW(match_operator);
    m->base = (operator){.class = &match_class, .node = node, .task = t};
    return &m->base;
}
