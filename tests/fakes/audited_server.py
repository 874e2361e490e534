"""The real server, with a record of every file, program and address that its process touches.

Run as ``python -I audited_server.py RECORD``, as isolated as the console script is. Each line of
the record is a JSON list: the name of the audit event, then its arguments as text.
"""

import json
import os
import sys

WATCHED = {
    *("open", "socket.connect", "socket.bind", "subprocess.Popen", "os.exec", "os.posix_spawn"),
    *("os.system", "os.remove", "os.rename", "os.mkdir", "os.symlink", "os.link", "os.truncate"),
    *("pty.spawn", "ctypes.dlopen", "exec_from_file"),
}


def record(path: str) -> None:
    """Begin to write what happens."""
    to = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in WATCHED:
            told = [event, *(_text(each) for each in arguments)]
            os.write(to, f"{json.dumps(told)}\n".encode())

    sys.addaudithook(hook)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return os.fsdecode(value)
    if isinstance(value, list | tuple):
        return json.dumps([_text(each) for each in value])
    return str(value)


if __name__ == "__main__":
    record(sys.argv.pop(1))
    from moa_lsp.__main__ import main

    sys.exit(main(["serve"]))
