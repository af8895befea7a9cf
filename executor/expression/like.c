/* LIKE: % stands for any text, _ for any one character, the escape character for itself what
 * follows.
 *
 * A pattern is compiled when it changes, which for a constant one is once: into pieces between the
 * %s. The first piece must start the text, the last one end it, the others follow in order, each at
 * its first possible place; so matching never backtracks over more than one piece.
 */
#include "base/memory.h"
#include "base/utf8.h"
#include "executor/expression/code.h"
#include "executor/function/text.h"

enum { ANY_CHARACTER = -1 };

/* A pattern: code units are bytes, or ANY_CHARACTER. Pieces are ranges of `units`. */
typedef struct like_state {
    buffer source; /* the pattern that is compiled */
    bool compiled;
    int16_t *units;
    int *starts; /* piece n is units[starts[n]] to units[starts[n + 1]] */
    int piece_count;
    size_t capacity;
} like_state;

static void compile_pattern(like_state *s, slice pattern, uint32_t escape) {
    buffer_clear(&s->source);
    buffer_append(&s->source, pattern);
    s->compiled = true;
    if (pattern.length + 2 > s->capacity) {
        s->capacity = pattern.length + 2;
        s->units = memory_resize(s->units, sizeof *s->units * s->capacity);
        s->starts = memory_resize(s->starts, sizeof *s->starts * (s->capacity + 1));
    }
    char escape_bytes[4];
    slice escape_text = {escape_bytes, escape ? utf8_write(escape_bytes, escape) : 0};
    int units = 0;
    s->piece_count = 0;
    s->starts[0] = 0;
    for (size_t i = 0; i < pattern.length; i++) {
        slice rest = {pattern.data + i, pattern.length - i};
        if (escape_text.length && rest.length > escape_text.length &&
            slice_starts_with(rest, escape_text)) {
            i += escape_text.length;
            s->units[units++] = (unsigned char)pattern.data[i];
        } else if (pattern.data[i] == '%') {
            s->starts[++s->piece_count] = units;
        } else {
            s->units[units++] =
                pattern.data[i] == '_' ? ANY_CHARACTER : (unsigned char)pattern.data[i];
        }
    }
    s->starts[++s->piece_count] = units;
}

/* The end of piece n when it matches at `at`, else NULL. */
static const char *match_piece(const like_state *s, int n, const char *at, const char *end) {
    for (int i = s->starts[n]; i < s->starts[n + 1]; i++) {
        if (at >= end)
            return NULL;
        if (s->units[i] == ANY_CHARACTER)
            at += text_character_bytes(slice_make(at, (size_t)(end - at)), 0);
        else if ((unsigned char)*at++ != s->units[i])
            return NULL;
    }
    return at > end ? NULL : at;
}

/* The last piece must end where the text ends: try the places from which it could. */
static bool match_last(const like_state *s, const char *at, const char *end) {
    int n = s->piece_count - 1, length = s->starts[n + 1] - s->starts[n];
    const char *start = end - (long)length * 4 > at ? end - (long)length * 4 : at;
    for (; start <= end; start++)
        if (match_piece(s, n, start, end) == end &&
            (start == at || (*start & 0xC0) != 0x80 || start == end))
            return true;
    return false;
}

static bool matches(const like_state *s, slice text) {
    const char *at = text.data, *end = text.data + text.length;
    at = match_piece(s, 0, at, end);
    if (!at)
        return false;
    if (s->piece_count == 1)
        return at == end;
    for (int n = 1; n < s->piece_count - 1; n++) {
        const char *found = NULL;
        for (; at <= end && !(found = match_piece(s, n, at, end)); at++)
            ;
        if (!found)
            return false;
        at = found;
    }
    return match_last(s, at, end);
}

static void run_like(code *c, const instruction *i) {
    like_state *s = i->state;
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    column *own = code_start_filled(c, i);
    for (int64_t row = 0; row < c->rows; row++) {
        slice text = column_slice(x->values, row & x->row_mask);
        slice pattern = column_slice(y->values, row & y->row_mask);
        if (!text.data || !pattern.data) {
            own->booleans[row] = false;
            if (i->node->is_three_valued)
                code_nullify(own, row);
            continue;
        }
        if (!s->compiled || !slice_equal(pattern, buffer_slice(&s->source)))
            compile_pattern(s, pattern, i->node->escape);
        own->booleans[row] = matches(s, text);
    }
}

static void release_like(void *state) {
    like_state *s = state;
    buffer_free(&s->source);
    memory_free(s->units);
    memory_free(s->starts);
    memory_free(s);
}

void like_choose(instruction *i) {
    i->run = run_like;
    i->state = MEMORY_NEW(like_state);
    i->release = release_like;
}
