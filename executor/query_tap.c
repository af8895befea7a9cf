/* Records are copied once into a block, which all taps of the query share and the last one frees.
 */
#include "executor/query_tap.h"

#include "base/memory.h"
#include "executor/task.h"

enum { RECORDS_MOST = 100 * 1000, BYTES_MOST = 32 * 1024 * 1024 };

struct tap_block {
    tap_block *next; /* while it waits for its commit */
    arena *arena;
    topic_record *records;
    int64_t count, bytes;
    int holders; /* taps; guarded by the engine's tap_lock */
};

typedef struct waiting {
    struct waiting *next;
    tap_block *block;
} waiting;

struct query_tap {
    engine *engine;
    query_tap *next;      /* of the engine; the lock is its tap_lock */
    running_query *query; /* NULL: it has ended */
    waiting *first, **last;
    int64_t records, bytes;
    bool overrun, woken;
    tap_block *taken;
    pthread_cond_t changed;
};

/* ---- blocks ---- */

static void drop_block(tap_block *block) {
    arena_destroy(block->arena);
    memory_free(block);
}

static void release_block(tap_block *block) { /* lock held */
    if (block && --block->holders == 0)
        drop_block(block);
}

static const topic_header *copy_headers(arena *a, const topic_record *record) {
    topic_header *headers = ARENA_ARRAY(a, topic_header, record->header_count);
    for (int i = 0; i < record->header_count; i++)
        headers[i] = (topic_header){
            arena_copy(a, record->headers[i].key), arena_copy(a, record->headers[i].value)};
    return headers;
}

void query_tap_note(running_query *q, const topic_record *records, int64_t count) {
    if (!q->tap_count || !count)
        return;
    tap_block *block = MEMORY_NEW(tap_block);
    block->arena = arena_create();
    block->records = ARENA_ARRAY(block->arena, topic_record, count);
    block->count = count;
    for (int64_t i = 0; i < count; i++) {
        topic_record *copy = &block->records[i];
        *copy = records[i];
        copy->key = arena_copy(block->arena, records[i].key);
        copy->value = arena_copy(block->arena, records[i].value);
        copy->headers = copy_headers(block->arena, &records[i]);
        copy->offset = -1;
        block->bytes += (int64_t)(copy->key.length + copy->value.length + sizeof *copy);
    }
    tap_block **end = &q->tap_pending;
    while (*end)
        end = &(*end)->next;
    *end = block;
}

/* ---- the query's side ---- */

static void hear(query_tap *tap, tap_block *block) { /* lock held */
    if (tap->overrun)
        return;
    if (tap->records + block->count > RECORDS_MOST || tap->bytes + block->bytes > BYTES_MOST) {
        tap->overrun = tap->records > 0; /* one block always fits */
        if (tap->overrun)
            return;
    }
    waiting *w = MEMORY_NEW(waiting);
    w->block = block;
    *tap->last = w;
    tap->last = &w->next;
    tap->records += block->count;
    tap->bytes += block->bytes;
    block->holders++;
}

void query_tap_prepare(running_query *q) {
    q->tap_committing = q->tap_pending;
    q->tap_pending = NULL;
}

void query_tap_commit(running_query *q) {
    if (!q->tap_committing)
        return;
    engine *g = q->engine;
    pthread_mutex_lock(&g->tap_lock);
    while (q->tap_committing) {
        tap_block *block = q->tap_committing;
        q->tap_committing = block->next;
        block->holders = 1;
        for (query_tap *tap = g->taps; tap; tap = tap->next)
            if (tap->query == q) {
                hear(tap, block);
                pthread_cond_signal(&tap->changed);
            }
        release_block(block);
    }
    pthread_mutex_unlock(&g->tap_lock);
}

static void drop_blocks(tap_block **blocks) {
    for (tap_block *block; (block = *blocks);) {
        *blocks = block->next;
        drop_block(block);
    }
}

void query_tap_abort(running_query *q) {
    drop_blocks(&q->tap_committing);
    drop_blocks(&q->tap_pending);
}

void query_tap_end(running_query *q) {
    query_tap_abort(q);
    pthread_mutex_lock(&q->engine->tap_lock);
    for (query_tap *tap = q->engine->taps; tap; tap = tap->next)
        if (tap->query == q) {
            tap->query = NULL;
            pthread_cond_signal(&tap->changed);
        }
    pthread_mutex_unlock(&q->engine->tap_lock);
}

/* ---- the listener's side ---- */

query_tap *query_tap_open(engine *g, slice query_id) {
    running_query *q = engine_hold_query(g, query_id);
    if (!q)
        return NULL;
    query_tap *tap = MEMORY_NEW(query_tap);
    tap->engine = g;
    tap->query = q;
    tap->last = &tap->first;
    pthread_cond_init(&tap->changed, NULL);
    pthread_mutex_lock(&g->tap_lock);
    tap->next = g->taps;
    g->taps = tap;
    q->tap_count++;
    pthread_mutex_unlock(&g->tap_lock);
    query_let_go(q);
    return tap;
}

query_tap_state query_tap_take(query_tap *tap, const topic_record **records, int64_t *count) {
    engine *g = tap->engine;
    pthread_mutex_lock(&g->tap_lock);
    release_block(tap->taken);
    tap->taken = NULL;
    while (!tap->woken && !tap->first && !tap->overrun && tap->query)
        pthread_cond_wait(&tap->changed, &g->tap_lock);
    query_tap_state state = tap->woken     ? QUERY_TAP_WOKEN
                            : tap->first   ? QUERY_TAP_RECORDS
                            : tap->overrun ? QUERY_TAP_OVERRUN
                                           : QUERY_TAP_ENDED;
    if (state == QUERY_TAP_RECORDS) {
        waiting *w = tap->first;
        tap->taken = w->block;
        tap->first = w->next;
        if (!tap->first)
            tap->last = &tap->first;
        tap->records -= w->block->count;
        tap->bytes -= w->block->bytes;
        *records = w->block->records;
        *count = w->block->count;
        memory_free(w);
    }
    pthread_mutex_unlock(&g->tap_lock);
    return state;
}

void query_tap_wake(query_tap *tap) {
    pthread_mutex_lock(&tap->engine->tap_lock);
    tap->woken = true;
    pthread_cond_signal(&tap->changed);
    pthread_mutex_unlock(&tap->engine->tap_lock);
}

void query_tap_close(query_tap *tap) {
    if (!tap)
        return;
    engine *g = tap->engine;
    pthread_mutex_lock(&g->tap_lock);
    for (query_tap **at = &g->taps; *at; at = &(*at)->next)
        if (*at == tap) {
            *at = tap->next;
            break;
        }
    if (tap->query)
        tap->query->tap_count--;
    release_block(tap->taken);
    for (waiting *w = tap->first, *next; w; w = next) {
        next = w->next;
        release_block(w->block);
        memory_free(w);
    }
    pthread_mutex_unlock(&g->tap_lock);
    pthread_cond_destroy(&tap->changed);
    memory_free(tap);
}
