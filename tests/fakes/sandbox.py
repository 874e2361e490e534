"""A sandbox that executes nothing: it looks whether a program has a word in it."""

import asyncio
from dataclasses import dataclass, field

from moa_lsp.sandbox.program import Program, Verdict


@dataclass
class ReadingSandbox:
    """Fails programs that contain ``WRONG``; of ``SLOW`` it says that they took too long.

    Attributes:
        ran: every program, in order.
        error: raised instead of a verdict, if there is one.
        most: the most programs that were in it at once.
        hold: set by a test to let programs go on; it is set from the start.
    """

    error: BaseException | None = None
    ran: list[Program] = field(default_factory=list)
    inside: int = 0
    most: int = 0
    hold: asyncio.Event | None = None
    kind: str = "reading"
    digest: str = "0"

    async def run(self, program: Program) -> Verdict:
        self.ran.append(program)
        if self.error is not None:
            raise self.error
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await (self.hold.wait() if self.hold else asyncio.sleep(0))
        finally:
            self.inside -= 1
        text = "".join(program.files.values())
        if "SLOW" in text:
            return Verdict("timeout")
        return Verdict("failed", "boom\nWRONG") if "WRONG" in text else Verdict("passed")
