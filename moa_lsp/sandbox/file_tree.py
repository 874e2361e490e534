"""A tree of files on its way into a sandbox: one piece of bytes, which the driver unpacks (pure).

The length of a list (8 bytes, big-endian), the list as JSON (path and size of each file), then the
files' bytes in the same order. It goes through memory alone: nothing of it ever lies on the disk,
so nothing is left there whatever ends the server.
"""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath


def pack(files: Mapping[str, bytes]) -> bytes:
    """The bytes of a tree.

    Args:
        files: content by path, relative and with forward slashes.

    Raises:
        ValueError: a path leads out of the tree.
    """
    for path in files:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\0" in path:
            raise ValueError(f"the path {path[:100]!r} does not lie in the tree")
    listed = json.dumps([[path, len(data)] for path, data in files.items()]).encode()
    return b"".join((len(listed).to_bytes(8, "big"), listed, *files.values()))
