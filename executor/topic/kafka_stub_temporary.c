#include "executor/topic/topic.h"
topic_system *kafka_open(slice brokers, const slice *properties, int count, error *e) {
    error_set(e, ERROR_UNSUPPORTED, "Kafka is not built in yet.");
    return NULL;
}
