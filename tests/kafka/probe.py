"""Exits 0 when a Kafka broker on the loopback port given answers an ApiVersions request."""
import socket
import struct
import sys

try:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=2) as connection:
        # api key 18, version 0, correlation id 7, client id "p"
        request = struct.pack(">hhih", 18, 0, 7, 1) + b"p"
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = connection.recv(8)
        sys.exit(0 if len(answer) == 8 and answer[4:8] == struct.pack(">i", 7) else 1)
except OSError:
    sys.exit(1)
