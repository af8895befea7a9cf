/* /metrics in Prometheus's text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). */
#include "server/rest_private.h"

static void append_metric(
    buffer *out, const char *name, const char *type, const char *help, int64_t value) {
    buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name,
        (long long)value);
}

static void append_totals(buffer *out, const instance_counts *n) {
    append_metric(out, "sluice_queries_running", "gauge", "Persistent queries that run.",
        n->persistent_running);
    append_metric(out, "sluice_queries_paused", "gauge", "Persistent queries that are paused.",
        n->persistent_paused);
    append_metric(out, "sluice_queries_failed", "gauge",
        "Persistent queries that have stopped with an error.", n->persistent_failed);
    append_metric(
        out, "sluice_push_queries_active", "gauge", "Push queries that are open.", n->push_active);
    append_metric(out, "sluice_statements_total", "counter", "Statements executed.", n->statements);
    append_metric(out, "sluice_statement_errors_total", "counter", "Statements refused.",
        n->statement_errors);
    append_metric(
        out, "sluice_pull_queries_total", "counter", "Pull queries answered.", n->pull_queries);
    append_metric(
        out, "sluice_push_queries_total", "counter", "Push queries started.", n->push_queries);
    append_metric(out, "sluice_inserts_total", "counter", "Rows written by INSERT.", n->inserts);
    append_metric(
        out, "sluice_rows_in_total", "counter", "Records read by persistent queries.", n->rows_in);
    append_metric(out, "sluice_rows_out_total", "counter", "Records written by persistent queries.",
        n->rows_out);
    append_metric(out, "sluice_rows_late_total", "counter",
        "Rows dropped because they came too late.", n->rows_late);
    append_metric(out, "sluice_rows_failed_total", "counter", "Rows that could not be processed.",
        n->rows_failed);
    append_metric(
        out, "sluice_commits_total", "counter", "Commits of persistent queries.", n->commits);
    append_metric(out, "sluice_recoveries_total", "counter", "Recoveries from a failed commit.",
        n->recoveries);
    append_metric(out, "sluice_state_bytes", "gauge", "Bytes of state on disk.", n->state_bytes);
}

static void append_query(void *context, const query_descriptor *query, const query_status *status) {
    const struct {
        const char *name;
        int64_t value;
    } metrics[] = {{"rows_in_total", status->rows_in}, {"rows_out_total", status->rows_out},
        {"rows_late_total", status->rows_late}, {"commits_total", status->commits},
        {"lag_records", status->lag_records}, {"uncommitted", status->uncommitted}};
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        buffer_format(context, "sluice_query_%s{query=\"%.*s\"} %lld\n", metrics[i].name,
            SLICE_ARG(query->id), (long long)metrics[i].value);
}

void rest_metrics(rest *r, http_exchange *x, const http_request *request) {
    buffer body = {0};
    instance_counts counts;
    int64_t connections, exchanges;
    (void)request;
    instance_read_counts(r->instance, &counts);
    append_totals(&body, &counts);
    http_server_counts(http_exchange_server(x), &connections, &exchanges);
    append_metric(&body, "sluice_http_connections", "gauge", "Open HTTP connections.", connections);
    append_metric(&body, "sluice_http_exchanges", "gauge", "Requests being answered.", exchanges);
    instance_visit_queries(r->instance, append_query, &body);
    http_respond(x, 200, SLICE_LITERAL("text/plain; version=0.0.4"), buffer_slice(&body));
    buffer_free(&body);
}
