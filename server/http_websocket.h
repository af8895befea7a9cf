/* http_websocket.h - inside the HTTP server: how an HTTP/1.1 connection becomes a WebSocket. */
#ifndef SLUICE_SERVER_HTTP_WEBSOCKET_H
#define SLUICE_SERVER_HTTP_WEBSOCKET_H

#include "server/http_connection.h"

/* Whether the request is a WebSocket's opening handshake (RFC 6455, version 13). */
bool websocket_is_asked(const http_request *request);
/* Appends the answer to the handshake to the connection's `out`. Lock held. */
void websocket_accept(connection *c, const http_exchange *x);

#endif
