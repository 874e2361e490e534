"""Python that reads one message and answers it: no server can be there sooner.

It imports nothing of ours; run as ``python -m benchmarks.bare_server``.
"""

import json
import os


def message() -> dict:
    """The first message on stdin."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += os.read(0, 1 << 16)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.split(b":")[1])
    while len(body) < length:
        body += os.read(0, 1 << 16)
    return json.loads(body[:length])


if __name__ == "__main__":
    answer = {"jsonrpc": "2.0", "id": message()["id"], "result": {"capabilities": {}}}
    body = json.dumps(answer).encode()
    os.write(1, b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    while os.read(0, 1 << 16):  # until the client has gone
        pass
