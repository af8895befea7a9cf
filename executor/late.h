/* late.h - rows that came too late, and the topic to which a query may send their records.
 *
 * With plan.late_topic a source gives each row's record along in a column: packed, so that it
 * passes projections, exchanges and joins like any value; in front of the relational operators a
 * RECORDS node takes it out of the rows and puts it beside them. An operator that drops a late row
 * hands it to task_late_row, which unpacks it and writes it within the query's transaction: key,
 * value, timestamp and headers as they were, and behind them headers that say why:
 *
 *   sluice.late.query, .operator, .reason            text
 *   sluice.late.stream.time, .window.start, .window.end   milliseconds, as decimal text
 *   sluice.late.topic, .partition, .offset           where the record was read
 */
#ifndef SLUICE_EXECUTOR_LATE_H
#define SLUICE_EXECUTOR_LATE_H

#include "base/column.h"
#include "executor/task.h"

/* Appends a record, packed, to a BYTES column. */
void late_pack(column *to, slice topic, const topic_record *record);

#endif
