"""The one exception tree: what can go wrong, and whose fault it is.

    MoaError
    ├── ConfigError          the user's files: every problem with path:line:column
    ├── UsageError           the caller's words: an unknown action, mix, file or range
    ├── ProviderError        the other side: carries whether a retry can help
    │   ├── Unreachable      no connection, or it broke
    │   ├── AuthRejected     the key is missing, wrong or not allowed
    │   ├── RateLimited      too many requests; may carry when to come back
    │   ├── Overloaded       the provider failed on its side
    │   ├── BadReply         the answer is not what the wire promises
    │   ├── Refused          the model or a filter declined
    │   └── TooLarge         the prompt or the answer is over a bound
    ├── RunError             the mix: no usable proposal (in time), or over the budget
    │   ├── NoProposal       no agent gave a usable proposal
    │   └── BudgetExceeded   the run could cost more than was agreed to
    ├── StaleDocument        the buffer moved under the run
    ├── SandboxError         programs cannot be executed safely here
    └── Unsafe               a guard said no: outside the target, hidden characters

Messages are lower case, without a full stop: what happened, then what to do. The core raises and
never logs;
the shell (``lsp``, ``cli``) turns an error into one sentence for the user. Cancellation is never
in this tree.
"""

from dataclasses import dataclass


class MoaError(Exception):
    """Anything that moa-lsp itself reports to a user as one sentence.

    Attributes:
        answering: whether a model was at work on its answer by then, though none of it was heard:
            that may be billed.
    """

    answering = False


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a user's file; line and column count from 1."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class ConfigError(MoaError):
    """A configuration, mix or action file is wrong.

    Attributes:
        problems: every mistake found, in file order.
    """

    def __init__(self, problems: "list[Problem] | tuple[Problem, ...]") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UsageError(MoaError):
    """The caller asked for something that does not exist or makes no sense."""


class ProviderError(MoaError):
    """A provider did not answer as hoped.

    Attributes:
        retryable: whether the same request may succeed later.
        retry_after: seconds that the provider asked us to wait, if it said so.
    """

    retryable = False

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Unreachable(ProviderError):
    """No connection could be made, or it broke before the answer was whole."""

    retryable = True


class AuthRejected(ProviderError):
    """The key is missing, wrong, or may not use this model; only the user can mend that."""


class KeyRejected(AuthRejected):
    """The provider does not know the key; the user may have mended it by the next run."""


class RateLimited(ProviderError):
    """Too many requests or tokens for now."""

    retryable = True


class ProviderOverloaded(ProviderError):
    """The provider failed on its side (5xx)."""

    retryable = True


class BadReply(ProviderError):
    """The answer does not follow the wire's shape."""


class AnswerRefused(ProviderError):
    """The model or a content filter declined to answer."""


class TooLarge(ProviderError):
    """The prompt is over the model's window, or the answer over our bound."""


class RunError(MoaError):
    """A run ended without a result."""


class NoProposal(RunError):
    """No agent gave a usable proposal."""


class BudgetExceeded(RunError):
    """The run could cost more than was agreed to."""


class StaleDocument(MoaError):
    """The document was closed, or changed inside the target, while the run went on."""


class SandboxError(MoaError):
    """There is no sandbox for programs, or it failed by itself."""


class SandboxEndError(SandboxError):
    """What was executed in a sandbox delays its end."""


class Unsafe(MoaError):
    """A guard refused a result: outside the target, hidden characters, too large."""
