"""Time that moves only when nothing is left to do; the bench needs it too, so it is there."""

from moa_bench.replay.clock import VirtualLoop, virtual_run

__all__ = ["VirtualLoop", "virtual_run"]
