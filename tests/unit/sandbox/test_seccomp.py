"""The filter, carried out as the kernel does."""

import struct

import pytest

from moa_lsp.sandbox.seccomp import FILTERS, REFUSED

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000 | 38, 0x80000000
PLAIN = {"x86_64": (0, 1, 2, 56, 59, 60, 61, 231, 257), "aarch64": (56, 63, 64, 93, 94, 220, 221)}
"""Numbers of read, write, open, clone, execve, exit, …"""


def carried_out(code: bytes, architecture: int, number: int, flags: int = 0) -> int:
    """What a filter answers to a call: classic BPF, as far as it is used here."""
    lines = list(struct.iter_unpack("<HBBI", code))
    at = accumulator = 0
    while True:
        kind, yes, no, value = lines[at]
        at += 1
        if kind == 0x20:
            accumulator = {0: number, 4: architecture, 16: flags}[value]
        elif kind == 0x15:
            at += yes if accumulator == value else no
        elif kind == 0x35:
            at += yes if accumulator >= value else no
        elif kind == 0x45:
            at += yes if accumulator & value else no
        elif kind == 0x06:
            return value
        else:
            raise AssertionError(kind)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_calls_are_refused_and_others_are_not(machine):
    code, column = FILTERS[machine], list(ARCHITECTURES).index(machine)
    refused = {numbers[column] for numbers in REFUSED.values()}
    assert len(refused) == len(REFUSED), "a number stands twice"
    sockets = {"x86_64": {41, 53}, "aarch64": {198, 199}}[machine]  # of no family
    for number in range(600):
        expected = FAIL if number in refused | sockets else ALLOW
        assert carried_out(code, ARCHITECTURES[machine], number) == expected, number
    assert refused.isdisjoint(PLAIN[machine])


@pytest.mark.parametrize(
    ("architecture", "number"),
    [(0x40000003, 4), (0xC00000B7, 64), (0xC000003E, 0x40000001)],
    ids=["i386", "arm", "x32"],
)
def test_second_numbers_of_the_same_calls_end_the_program(architecture, number):
    assert carried_out(FILTERS["x86_64"], architecture, number) == KILL


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (0, ALLOW),
        (0x01200011, ALLOW),  # fork of the C library
        (0x003D0F00, ALLOW),  # a thread of it
        *[(1 << bit | 17, FAIL) for bit in (17, 25, 26, 27, 28, 29, 30)],
    ],
)
@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_clone_makes_processes_and_threads_but_no_namespaces(machine, flags, expected):
    number = {"x86_64": 56, "aarch64": 220}[machine]
    assert carried_out(FILTERS[machine], ARCHITECTURES[machine], number, flags) == expected


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_sockets_are_of_families_that_a_namespace_holds(machine):
    architecture, code = ARCHITECTURES[machine], FILTERS[machine]
    for number in {"x86_64": (41, 53), "aarch64": (198, 199)}[machine]:
        passed = [
            family
            for family in range(64)
            if carried_out(code, architecture, number, family) == ALLOW
        ]
        assert passed == [1, 2, 10, 16], "AF_VSOCK is 40"


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_limits_are_set_of_the_caller_alone(machine):
    number = {"x86_64": 302, "aarch64": 261}[machine]
    architecture, code = ARCHITECTURES[machine], FILTERS[machine]
    assert carried_out(code, architecture, number, 0) == ALLOW
    assert carried_out(code, architecture, number, 1) == FAIL, "the driver"
