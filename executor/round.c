/* With several threads a query's plan is cut where rows change from one task to another: a node's
 * level is how many exchanges are in front of it. A round does its work level by level. Within a
 * level no task waits for another, so each is a part of a job for the workers; what an operator
 * gives to one of a higher level is copied and waits for it.
 *
 * Everything in a round has a place, and places are in the order in which one thread would do the
 * things: that of the work given by the query's thread (root); then, for what one of these has
 * led to, its order among all that waits behind the last level (minor); then that in which the one
 * at hand has given it away (step). Before a level, what waits is sorted and gets new minors. So
 * each task does its share in the order of one thread, and the records that tasks have made are
 * written in that order too, when the level is done. Batching is never visible, and tasks share
 * nothing else: so nobody can tell how many threads there were.
 *
 * A task that has made many records stops between two things until those before it have been
 * written, so that a round needs little memory.
 */
#include "executor/round.h"

#include <stdlib.h>

#include "base/memory.h"
#include "executor/outbox.h"
#include "executor/query_tap.h"
#include "executor/task.h"
#include "executor/workers.h"

enum { OUTBOX_BYTES = 8 * 1024 * 1024, PARCEL_ROWS = 1024, PARCELS_KEPT = 64 };

typedef struct unit {
    work work;
    place at;
} unit;

typedef struct units {
    unit *items;
    int64_t count, capacity;
} units;

/* Rows that wait, of one operator for one task. */
typedef struct parcel {
    batch_builder *rows;
    batch_builder *part; /* of them, to be given on; made when needed */
} parcel;

typedef struct parcels {
    parcel **items;
    int count, used;
} parcels;

/* What a task does in a round. */
struct lane {
    rounds *rounds;
    units todo, made;
    int64_t next; /* of what it has to do */
    place at;     /* of what it is doing */
    outbox *out;
};

struct rounds {
    running_query *query;
    workers *workers;
    int levels;
    int32_t lane_count;
    lane **lanes; /* by partition */
    units waiting;
    int64_t roots;
    int *busy; /* lanes that are parts of the job */
    bool in_any_order;
    pthread_mutex_t write_lock; /* records may be written out of turn under it */
    parcels **parcels;          /* by node id and producing task, then by receiving task */
};

/* ---- opening and closing ---- */

static int find_level(const int *levels, const plan_node *node) {
    int level = 0;
    for (int i = 0; i < node->input_count; i++) {
        int behind = levels[node->inputs[i]->id] + (node->inputs[i]->kind == PLAN_EXCHANGE);
        level = behind > level ? behind : level;
    }
    return level;
}

static int set_levels(running_query *q) {
    int *levels = memory_allocate_zero(sizeof(int) * (size_t)q->plan->node_count), most = 0;
    for (int n = 0; n < q->plan->node_count; n++) {
        const plan_node *node = q->plan->nodes[n];
        levels[n] = find_level(levels, node);
        most = levels[n] > most ? levels[n] : most;
        for (int k = 0; k < node->input_count; k++) /* what it gives is not to be copied */
            if (node->inputs[k]->kind == PLAN_RECORDS)
                levels[node->inputs[k]->id] = levels[n];
    }
    for (int n = 0; n < q->plan->node_count; n++)
        for (int32_t i = 0; i < q->instances[n].count; i++)
            q->instances[n].operators[i]->level = levels[n];
    memory_free(levels);
    return most + 1;
}

bool query_open_rounds(running_query *q, error *e) {
    int threads = q->options.threads < q->partitions ? q->options.threads : (int)q->partitions;
    if (threads <= 1 || q->options.stepped || q->output.rows)
        return true;
    workers *w = workers_create(threads, "query-worker", e);
    if (!w)
        return false;
    rounds *r = MEMORY_NEW(rounds);
    r->query = q;
    r->workers = w;
    r->levels = set_levels(q);
    r->lane_count = q->partitions;
    r->lanes = memory_allocate(sizeof(lane *) * (size_t)r->lane_count);
    r->busy = memory_allocate(sizeof(int) * (size_t)r->lane_count);
    r->parcels = memory_allocate_zero(
        sizeof(parcels *) * (size_t)q->plan->node_count * (size_t)r->lane_count);
    pthread_mutex_init(&r->write_lock, NULL);
    for (int32_t i = 0; i < r->lane_count; i++) {
        r->lanes[i] = MEMORY_NEW(lane);
        *r->lanes[i] = (lane){.rounds = r, .out = outbox_create()};
        q->tasks[i].lane = r->lanes[i];
        q->tasks[i].time = &q->tasks[i].own_time;
    }
    q->rounds = r;
    state_use_workers(q->state, w);
    return true;
}

static void free_parcel(parcel *p) {
    batch_builder_destroy(p->rows);
    batch_builder_destroy(p->part);
    memory_free(p);
}

static void close_parcels(rounds *r) {
    int32_t lanes = r->lane_count;
    for (int64_t i = 0; i < (int64_t)r->query->plan->node_count * lanes; i++) {
        for (int32_t t = 0; r->parcels[i] && t < lanes; t++) {
            for (int k = 0; k < r->parcels[i][t].count; k++)
                free_parcel(r->parcels[i][t].items[k]);
            memory_free(r->parcels[i][t].items);
        }
        memory_free(r->parcels[i]);
    }
    memory_free(r->parcels);
}

void query_close_rounds(running_query *q) {
    rounds *r = q->rounds;
    if (!r)
        return;
    state_use_workers(q->state, NULL);
    workers_destroy(r->workers);
    close_parcels(r);
    for (int32_t i = 0; i < r->lane_count; i++) {
        q->tasks[i].lane = NULL;
        outbox_destroy(r->lanes[i]->out);
        memory_free(r->lanes[i]->todo.items);
        memory_free(r->lanes[i]->made.items);
        memory_free(r->lanes[i]);
    }
    pthread_mutex_destroy(&r->write_lock);
    memory_free(r->waiting.items);
    memory_free(r->lanes);
    memory_free(r->busy);
    memory_free(r);
    q->rounds = NULL;
}

/* ---- giving work ---- */

static void add_unit(units *list, const work *w, place at) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 64;
        list->items = memory_resize(list->items, sizeof(unit) * (size_t)list->capacity);
    }
    list->items[list->count++] = (unit){*w, at};
}

void query_do(running_query *q, const work *w) {
    rounds *r = q->rounds;
    if (r)
        add_unit(&r->waiting, w, (place){.root = r->roots++});
    else
        w->run(w);
}

void round_pass(operator* from, const work *w) {
    lane *l = from->task->lane;
    l->at.step++;
    add_unit(&l->made, w, l->at);
}

/* ---- rows between levels ---- */

/* Few rows share a parcel; many have one for themselves, which then is given on as it is. */
static parcel *take_parcel(operator* from, operator* to, int64_t count) {
    rounds *r = from->task->lane->rounds;
    parcels **of = &r->parcels[from->node->id * r->lane_count + task_partition(from->task)];
    if (!*of)
        *of = memory_allocate_zero(sizeof(parcels) * (size_t)r->lane_count);
    parcels *list = &(*of)[task_partition(to->task)];
    if (list->used && list->items[list->used - 1]->rows->rows + count <= PARCEL_ROWS)
        return list->items[list->used - 1];
    if (list->used == list->count) {
        parcel *p = MEMORY_NEW(parcel);
        p->rows = node_batch_builder(from->node);
        list->items = memory_resize(list->items, sizeof(parcel *) * (size_t)(list->count + 1));
        list->items[list->count++] = p;
    }
    parcel *p = list->items[list->used++];
    batch_builder_clear(p->rows);
    return p;
}

static void deliver(const work *w) {
    parcel *p = w->object;
    operator* to = w->at;
    const batch *rows = batch_builder_view(p->rows);
    if (w->count < rows->rows) {
        const operator* from = w->data;
        if (!p->part)
            p->part = node_batch_builder(from->node);
        batch_builder_clear(p->part);
        batch_builder_append_rows(p->part, rows, w->number, w->count);
        rows = batch_builder_view(p->part);
    }
    operator_deliver(to, w->input, rows);
}

void round_pass_rows(operator* from, operator* to, int input, const batch *rows,
    const int32_t *picked, int64_t count) {
    if (!count)
        return;
    parcel *p = take_parcel(from, to, count);
    work w = {.run = deliver,
        .at = to,
        .input = input,
        .number = p->rows->rows,
        .count = count,
        .data = from,
        .object = p};
    if (picked)
        batch_builder_append_gather(p->rows, rows, picked, count);
    else
        batch_builder_append_rows(p->rows, rows, 0, count);
    round_pass(from, &w);
}

static void forget_parcels(rounds *r) {
    int32_t lanes = r->lane_count;
    for (int64_t i = 0; i < (int64_t)r->query->plan->node_count * lanes; i++)
        for (int32_t t = 0; r->parcels[i] && t < lanes; t++) {
            parcels *list = &r->parcels[i][t];
            list->used = 0;
            while (list->count > PARCELS_KEPT)
                free_parcel(list->items[--list->count]);
        }
}

/* ---- records ---- */

static void write_out_of_turn(rounds *r, task *t) {
    error e = {0};
    pthread_mutex_lock(&r->write_lock);
    bool ok = outbox_write(t->lane->out, r->query, &e);
    pthread_mutex_unlock(&r->write_lock);
    if (!ok)
        task_fail(t, &e);
}

void task_write(
    task *t, slice topic, const topic_record *records, int64_t count, bool are_results) {
    running_query *q = t->query;
    error e = {0};
    if (t->lane) {
        outbox_add(t->lane->out, &t->lane->at, topic, records, count, are_results);
        if (q->rounds->in_any_order && outbox_bytes(t->lane->out) > OUTBOX_BYTES)
            write_out_of_turn(q->rounds, t);
        return;
    }
    if (are_results)
        query_tap_note(q, records, count);
    if (!topic_writer_append_batch(q->writer, topic, records, count, &e))
        task_fail(t, &e);
}

/* The lane whose records come first, before `until` (NULL: there is no end); NULL: none does. */
static lane *first_to_write(const rounds *r, const place *until) {
    lane *first = NULL;
    place least = {0}, at;
    for (int32_t i = 0; i < r->lane_count; i++)
        if (outbox_first(r->lanes[i]->out, &at) && (!first || place_compare(&at, &least) < 0)) {
            first = r->lanes[i];
            least = at;
        }
    return first && until && place_compare(&least, until) >= 0 ? NULL : first;
}

static void write_records(rounds *r, const place *until) {
    error e = {0};
    for (lane *l; !r->query->failed && (l = first_to_write(r, until));)
        if (!outbox_write_first(l->out, r->query, &e))
            task_fail(&r->query->tasks[0], &e);
}

/* ---- a level ---- */

static int compare_units(const void *a, const void *b) {
    return place_compare(&((const unit *)a)->at, &((const unit *)b)->at);
}

/* Into the order of one thread. Usually it has it. */
static void sort_waiting(rounds *r) {
    unit *items = r->waiting.items;
    int64_t count = r->waiting.count, i = 1;
    while (i < count && place_compare(&items[i - 1].at, &items[i].at) < 0)
        i++;
    if (i < count)
        qsort(items, (size_t)count, sizeof *items, compare_units);
    for (i = 0; i < count; i++) {
        items[i].at.minor = i;
        items[i].at.step = 0;
    }
}

/* What is to be done at that level goes to the lanes; the rest waits on. */
static void hand_out(rounds *r, int level) {
    int64_t kept = 0;
    for (int64_t i = 0; i < r->waiting.count; i++) {
        const unit *u = &r->waiting.items[i];
        if (u->work.at->level == level)
            add_unit(&r->lanes[task_partition(u->work.at->task)]->todo, &u->work, u->at);
        else
            r->waiting.items[kept++] = *u;
    }
    r->waiting.count = kept;
}

static void run_lane(void *context, int index) {
    rounds *r = context;
    lane *l = r->lanes[r->busy[index]];
    while (l->next < l->todo.count && outbox_bytes(l->out) <= OUTBOX_BYTES) {
        const unit *u = &l->todo.items[l->next++];
        l->at = u->at;
        if (!r->query->failed)
            u->work.run(&u->work);
    }
}

/* The lanes that have something left to do; `next` is the place of the first thing. */
static int list_busy(rounds *r, place *next) {
    int count = 0;
    for (int32_t i = 0; i < r->lane_count; i++) {
        const lane *l = r->lanes[i];
        if (l->next == l->todo.count)
            continue;
        const place *at = &l->todo.items[l->next].at;
        if (!count || place_compare(at, next) < 0)
            *next = *at;
        r->busy[count++] = i;
    }
    return count;
}

/* What tasks have given away waits for its level. */
static void collect_made(rounds *r) {
    for (int32_t i = 0; i < r->lane_count; i++) {
        units *made = &r->lanes[i]->made;
        for (int64_t k = 0; k < made->count; k++)
            add_unit(&r->waiting, &made->items[k].work, made->items[k].at);
        made->count = 0;
    }
}

static void run_level(rounds *r, int level) {
    sort_waiting(r);
    hand_out(r, level);
    place next;
    for (int busy; (busy = list_busy(r, &next)) > 0;) {
        workers_run(r->workers, busy, run_lane, r);
        bool some_left = list_busy(r, &next) > 0;
        write_records(r, some_left ? &next : NULL);
        if (r->query->failed)
            break;
    }
    for (int32_t i = 0; i < r->lane_count; i++)
        r->lanes[i]->todo.count = r->lanes[i]->next = 0;
    collect_made(r);
}

void query_finish(running_query *q) {
    rounds *r = q->rounds;
    if (!r)
        return;
    collect_made(r); /* when operators were opened */
    if (!r->waiting.count)
        return;
    for (int level = 0; level < r->levels && !q->failed; level++)
        run_level(r, level);
    for (int32_t i = 0; i < r->lane_count; i++)
        outbox_clear(r->lanes[i]->out);
    r->waiting.count = r->roots = 0;
    forget_parcels(r);
}

void query_finish_barrier(running_query *q) {
    if (q->rounds)
        q->rounds->in_any_order = true;
    query_finish(q);
    if (q->rounds)
        q->rounds->in_any_order = false;
}
