"""The filter of system calls of a sandbox, as the kernel's bytes (pure); the driver installs it.

Beside the namespaces: what no program that is benched needs, and what would hold memory that no
process is seen to hold, or speak to other processes' memory, or widen what of the kernel can be
attacked. Assembled here, since a handful of instructions needs no library (libseccomp is LGPL).
"""

import struct

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""As the kernel's AUDIT_ARCH_… of machines whose numbers are known here."""

REFUSED = {
    # memory that belongs to no process
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),  # the C library's sem_open, which Python uses, is of /dev/shm
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    # keys that outlive a process
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # large parts of the kernel
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "unshare": (272, 97),
    "clone3": (435, 435),  # its flags lie in memory, where no filter sees them; callers take clone
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "mount_setattr": (442, 442),
    "kexec_load": (246, 104),
    "quotactl": (179, 60),
    # watches of files: each user has few, and other programs of the user want them too
    "inotify_init": (253, 27),  # aarch64 has the newer one alone: its inotify_add_watch
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
}
"""Numbers of refused calls on x86_64 and aarch64; they fail as if there were none (ENOSYS)."""

_CLONE = (56, 220)
_NAMESPACES = 0x7E020000
"""All CLONE_NEW… that clone takes; engines of containers let some through, to anybody."""

_SOCKETS = ((41, 53), (198, 199))
"""``socket`` and ``socketpair``."""

FAMILIES = {"UNIX": 1, "INET": 2, "INET6": 10, "NETLINK": 16}
"""All families of sockets that are let through: a namespace holds what these reach. Another may
lead out of it, as VSOCK does to the host of a virtual machine."""

_PRLIMIT = (302, 261)
"""Limits of any process of the user, the driver included: let through for the caller's own."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_OF, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in what a filter sees of a call
_X32 = 0x40000000  # second numbers of the same calls on x86_64
_ALLOW = 0x7FFF0000
_FAIL = 0x00050000 | 38  # Linux's ENOSYS: what this is assembled on may have another
_KILL = 0x80000000


def _filter(machine: str) -> bytes:
    column = list(_ARCHITECTURES).index(machine)
    numbers = [each[column] for each in REFUSED.values()]
    code = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, _ARCHITECTURES[machine])]
    code += [(_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _X32)]
    code += [(_RETURN, 0, 0, _KILL)]
    sockets = _SOCKETS[column]
    code += [(_EQUAL, 1, 0, sockets[0]), (_EQUAL, 0, len(FAMILIES) + 3, sockets[1])]
    code += [(_LOAD, 0, 0, _FIRST_ARGUMENT)]
    for left, family in zip(range(len(FAMILIES), 0, -1), FAMILIES.values(), strict=True):
        code.append((_EQUAL, left, 0, family))
    code += [(_RETURN, 0, 0, _FAIL), (_RETURN, 0, 0, _ALLOW)]
    code += [(_EQUAL, 0, 4, _PRLIMIT[column]), (_LOAD, 0, 0, _FIRST_ARGUMENT)]
    code += [(_EQUAL, 1, 0, 0), (_RETURN, 0, 0, _FAIL), (_RETURN, 0, 0, _ALLOW)]
    # Flags decide about clone: the last line refuses it, the one before allows it.
    code += [(_EQUAL, 0, 2, _CLONE[column]), (_LOAD, 0, 0, _FIRST_ARGUMENT)]
    code += [(_ANY_OF, len(numbers) + 1, len(numbers), _NAMESPACES)]
    for left, number in zip(range(len(numbers), 0, -1), numbers, strict=True):
        code.append((_EQUAL, left, 0, number))  # over the others and the line that allows
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _FAIL)]
    return b"".join(struct.pack("<HBBI", *each) for each in code)  # both are little-endian


FILTERS = {machine: _filter(machine) for machine in _ARCHITECTURES}
"""By machine, as ``uname`` names it: of those whose numbers are known."""
