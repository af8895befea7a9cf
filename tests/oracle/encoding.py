"""Bytes of keys and values, and the partition of a key."""
import json
import struct


def key_bytes(key):
    """A text, or (text, start, end) of a time window."""
    if key is None:
        return None
    return key.encode() if isinstance(key, str) else key[0].encode() + struct.pack('>q', key[1])


def partition_of(data, partitions):
    """Where a Java client puts a key: murmur2."""
    mask, m, h = 0xffffffff, 0x5bd1e995, 0x9747b28c ^ len(data)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = struct.unpack_from('<I', data, i)[0] * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, 'little')) * m & mask
    h = (h ^ h >> 13) * m & mask
    return ((h ^ h >> 15) & 0x7fffffff) % partitions


def encode_value(value):
    return '' if value is None else json.dumps(value, separators=(',', ':'))


def decode_bytes(text):
    """What topic_tool prints as bytes."""
    out, i = bytearray(), 0
    while i < len(text):
        if text.startswith('\\x', i):
            out.append(int(text[i + 2:i + 4], 16))
            i += 4
        else:
            out.append(ord(text[i]))
            i += 1
    return bytes(out)


def decode_key(topic, text):
    data = decode_bytes(text)
    bounds = ()
    if topic.window == 'session':
        data, tail = data[:-16], data[-16:]
        end, start = struct.unpack('>qq', tail)
        bounds = (start, end)
    elif topic.window is not None:
        data, tail = data[:-8], data[-8:]
        start = struct.unpack('>q', tail)[0]
        bounds = (start, start + topic.window)
    if not data:
        key = None
    elif topic.key == 'string':
        key = data.decode()
    elif topic.key == 'bigint':
        key = struct.unpack('>q', data)[0] if len(data) == 8 else data
    else:
        key = tuple(json.loads(data).values())
    return (key, *bounds) if bounds else key


def decode_value(text):
    return json.loads(decode_bytes(text)) if text else None
