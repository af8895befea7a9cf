/* Made with the program, grown as rows need it, freed with the program. */
#include "executor/function/scratch.h"

#include "base/memory.h"

void *scratch_buffer_prepare(const function_call *call) {
    return MEMORY_NEW(buffer);
}

void scratch_buffer_release(void *prepared) {
    buffer_free(prepared);
    memory_free(prepared);
}

void *scratch_rows_prepare(const function_call *call) {
    return MEMORY_NEW(scratch_rows);
}

void scratch_rows_release(void *prepared) {
    memory_free(((scratch_rows *)prepared)->rows);
    memory_free(prepared);
}

int32_t *scratch_rows_fill(scratch_rows *list, int32_t first, int32_t count) {
    if (count > list->capacity) {
        list->capacity = count;
        list->rows = memory_resize(list->rows, sizeof *list->rows * (size_t)count);
    }
    for (int32_t n = 0; n < count; n++)
        list->rows[n] = first + n;
    return list->rows;
}

bool scratch_repeats(const column *c, int64_t row, int64_t end) {
    for (int64_t n = row + 1; n < end; n++)
        if (column_rows_equal(c, n, c, row))
            return true;
    return false;
}
