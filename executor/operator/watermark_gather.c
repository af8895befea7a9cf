#include "executor/operator/watermark_gather.h"

#include "executor/operator/operator.h"

bool watermark_gather_update(
    watermark_gather *g, int input, int64_t watermark_ms, int64_t *combined) {
    watermark_input *from = &g->inputs[input];
    from->is_idle = watermark_ms == WATERMARK_IDLE;
    if (!from->is_idle && watermark_ms > from->latest)
        from->latest = watermark_ms;
    int64_t least = INT64_MAX;
    bool any = false;
    for (int i = 0; i < g->count; i++) {
        if (g->inputs[i].is_absent || g->inputs[i].is_idle)
            continue;
        any = true;
        if (g->inputs[i].latest < least)
            least = g->inputs[i].latest;
    }
    if (!any) {
        bool was_idle = g->is_idle;
        g->is_idle = true;
        *combined = WATERMARK_IDLE;
        return !was_idle;
    }
    bool wakes = g->is_idle && g->emitted > INT64_MIN;
    g->is_idle = false;
    if (least <= g->emitted && !wakes)
        return false;
    if (least > g->emitted)
        g->emitted = least;
    *combined = g->emitted;
    return *combined > INT64_MIN;
}
