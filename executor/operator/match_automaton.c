#include "executor/operator/match_automaton.h"

#include "base/memory.h"

/* ---- the pattern ---- */

static int count_elements(const plan_pattern *p) {
    if (p->kind != PLAN_PATTERN_CONCATENATION)
        return 1;
    int count = 0;
    for (int i = 0; i < p->count; i++)
        count += count_elements(p->items[i]);
    return count;
}

static bool add_elements(match_automaton *m, const plan_pattern *p, error *e) {
    if (p->kind == PLAN_PATTERN_CONCATENATION) {
        for (int i = 0; i < p->count; i++)
            if (!add_elements(m, p->items[i], e))
                return false;
        return true;
    }
    match_element *element = &m->elements[m->count++];
    *element = (match_element){.least = 1, .most = 1};
    if (p->kind == PLAN_PATTERN_QUANTIFIED) {
        element->least = p->least;
        element->most = p->most < 0 ? INT64_MAX : p->most;
        bool is_optional = p->least == 0 && p->most == 1;
        element->greedy = !p->reluctant && !is_optional && p->least != p->most;
        p = p->items[0];
    }
    if (p->kind != PLAN_PATTERN_VARIABLE) {
        error_set(e, ERROR_UNSUPPORTED,
            "PATTERN: only a sequence of variables, each with a quantifier, is supported.");
        return error_hint(e, "Write out groups, and alternatives as one variable with OR.");
    }
    element->variable = p->variable;
    return true;
}

bool match_automaton_open(match_automaton *m, const plan_node *node, error *e) {
    m->elements =
        memory_allocate_zero(sizeof *m->elements * (size_t)count_elements(node->match.pattern));
    m->within_ms = node->match.within_ms;
    m->skip = node->match.skip;
    m->skip_variable = node->match.skip_variable;
    return add_elements(m, node->match.pattern, e);
}

void match_automaton_close(match_automaton *m) {
    for (match_link *l; (l = m->free);) {
        m->free = l->before;
        memory_free(l);
    }
    memory_free(m->elements);
    memory_free(m->next.items);
}

/* ---- links and paths ---- */

match_link *match_automaton_link(
    match_automaton *m, match_link *before, match_event *event, int variable) {
    match_link *l = m->free;
    if (l)
        m->free = l->before;
    else
        l = memory_allocate(sizeof *l);
    *l = (match_link){.before = before, .event = event, .variable = variable};
    event->links++;
    if (before)
        before->uses++;
    return l;
}

void match_automaton_unuse(match_automaton *m, match_link *link) {
    while (link && --link->uses <= 0) {
        match_link *before = link->before;
        if (--link->event->links == 0)
            m->released(m->context, link->event);
        link->before = m->free;
        m->free = link;
        link = before;
    }
}

void match_paths_add(match_paths *paths, const match_path *path) {
    if (paths->count == paths->capacity) {
        paths->capacity = paths->capacity ? paths->capacity * 2 : 4;
        paths->items = memory_resize(paths->items, sizeof *paths->items * (size_t)paths->capacity);
    }
    paths->items[paths->count++] = *path;
    path->last->uses++;
}

void match_state_close(match_automaton *m, match_state *s) {
    match_paths *all[] = {&s->partial, &s->complete};
    for (int k = 0; k < 2; k++) {
        for (int32_t i = 0; i < all[k]->count; i++)
            match_automaton_unuse(m, all[k]->items[i].last);
        memory_free(all[k]->items);
        *all[k] = (match_paths){0};
    }
}

/* ---- trying a row ---- */

static bool holds(match_automaton *m, int element, const match_path *p, const match_event *event) {
    return m->holds(m->context, m->elements[element].variable, p->last, event);
}

/* Whether the elements from `element` on may all be left out behind this row. */
static bool can_end(
    match_automaton *m, int element, const match_path *p, const match_event *event) {
    for (int i = element; i < m->count; i++)
        if (m->elements[i].least > 0 ||
            (i > 0 && m->elements[i - 1].greedy && holds(m, i - 1, p, event)))
            return false;
    return true;
}

static void take(match_automaton *m, match_state *s, const match_path *p, int element,
    int32_t count, match_event *event) {
    const match_element *e = &m->elements[element];
    match_path next = {.last = match_automaton_link(m, p->last, event, e->variable),
        .start_sequence = p->last ? p->start_sequence : event->sequence,
        .start_time = p->last ? p->start_time : event->time,
        .element = element,
        .count = count + 1};
    next.last->uses++; /* ours */
    bool is_last = element + 1 == m->count;
    if (!is_last || count + 1 < e->most)
        match_paths_add(&m->next, &next);
    if (count + 1 >= e->least && (is_last || can_end(m, element + 1, p, event)))
        match_paths_add(&s->complete, &next);
    match_automaton_unuse(m, next.last);
}

static void try_row(match_automaton *m, match_state *s, const match_path *p, match_event *event) {
    int32_t count = p->count;
    for (int element = p->element; element < m->count; element++, count = 0) {
        const match_element *e = &m->elements[element];
        if (count == 0 && element > 0 && m->elements[element - 1].greedy &&
            holds(m, element - 1, p, event))
            return;
        if (count < e->most && holds(m, element, p, event))
            take(m, s, p, element, count, event);
        if (count < e->least)
            return;
    }
}

/* ---- matches that are due ---- */

static int32_t earliest(const match_paths *paths) {
    int32_t best = -1;
    for (int32_t i = 0; i < paths->count; i++)
        if (best < 0 || paths->items[i].start_sequence < paths->items[best].start_sequence)
            best = i;
    return best;
}

static void remove_if(match_automaton *m, match_paths *paths, int64_t start_until) {
    int32_t kept = 0;
    for (int32_t i = 0; i < paths->count; i++) {
        if (paths->items[i].start_sequence > start_until)
            paths->items[kept++] = paths->items[i];
        else
            match_automaton_unuse(m, paths->items[i].last);
    }
    paths->count = kept;
}

/* Matches that began up to this row are removed. */
static int64_t skip_until(const match_automaton *m, const match_path *match) {
    if (m->skip == PLAN_SKIP_PAST_LAST_ROW)
        return match->last->event->sequence;
    if (m->skip == PLAN_SKIP_TO_NEXT_ROW)
        return match->start_sequence;
    int64_t found = -1;
    for (const match_link *l = match->last; l; l = l->before) {
        if (l->variable != m->skip_variable)
            continue;
        found = l->event->sequence;
        if (m->skip == PLAN_SKIP_TO_LAST)
            break;
    }
    /* Where the variable has no row, or is the first one, the match itself must go all the same. */
    return found - 1 > match->start_sequence ? found - 1 : match->start_sequence;
}

static void give_matches(match_automaton *m, match_state *s) {
    while (s->complete.count) {
        int32_t first = earliest(&s->complete), partial = earliest(&s->partial);
        match_path match = s->complete.items[first];
        if (partial >= 0 && s->partial.items[partial].start_sequence < match.start_sequence)
            return;
        s->complete.count--;
        memmove(s->complete.items + first, s->complete.items + first + 1,
            sizeof match * (size_t)(s->complete.count - first));
        int64_t until = skip_until(m, &match);
        remove_if(m, &s->partial, until);
        remove_if(m, &s->complete, until);
        m->matched(m->context, &match);
        match_automaton_unuse(m, match.last);
    }
}

void match_automaton_row(match_automaton *m, match_state *s, match_event *event) {
    m->next.count = 0;
    for (int32_t i = 0; i < s->partial.count; i++)
        try_row(m, s, &s->partial.items[i], event);
    match_path start = {0};
    try_row(m, s, &start, event);
    for (int32_t i = 0; i < s->partial.count; i++)
        match_automaton_unuse(m, s->partial.items[i].last);
    match_paths before = s->partial;
    if (before.capacity < m->next.count) {
        before.items = memory_resize(before.items, sizeof(match_path) * (size_t)m->next.count);
        before.capacity = m->next.count;
    }
    if (m->next.count)
        memcpy(before.items, m->next.items, sizeof(match_path) * (size_t)m->next.count);
    before.count = m->next.count;
    s->partial = before;
    give_matches(m, s);
}

void match_automaton_time(match_automaton *m, match_state *s, int64_t time) {
    if (!m->within_ms)
        return;
    int32_t kept = 0;
    for (int32_t i = 0; i < s->partial.count; i++) {
        match_path *p = &s->partial.items[i];
        if (p->start_time > time - m->within_ms)
            s->partial.items[kept++] = *p;
        else
            match_automaton_unuse(m, p->last);
    }
    s->partial.count = kept;
    give_matches(m, s);
}
