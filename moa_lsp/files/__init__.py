"""Files and child processes: safe reading and writing, URIs, guarded names.

The lowest room that touches a disk. ``uris`` and ``guarded`` are pure.
"""
