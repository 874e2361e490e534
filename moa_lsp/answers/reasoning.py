"""What models write around their answer that is not part of it: thoughts and control tokens.

Some models think aloud in a block before the answer, and servers that do not know the model's
template leak its control tokens. Both go before anything else is read.
"""

import re

_THOUGHT = r"think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis"
_OPENED = re.compile(rf"\s*(?:<({_THOUGHT})>|\[(THINK)\]|◁(think)▷)", re.IGNORECASE)
_CLOSED = re.compile(rf"</(?:{_THOUGHT})>|\[/THINK\]|◁/think▷", re.IGNORECASE)
_FINAL_CHANNEL = re.compile(r"<\|channel\|>\s*final\s*<\|message\|>")

_CONTROL = (
    r"<\|[a-zA-Z_▁]{2,40}\|>|<\uff5c[^\uff5c\n]{2,40}\uff5c>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>"
    r"|<\|?(?:eot_id|eom_id|EOT)\|?>"
)
_TAGGED = re.compile(
    r"^[ \t]*\[PYTHON\][ \t]*\n(?P<code>.*?)^[ \t]*\[/PYTHON\][ \t]*$", re.MULTILINE | re.DOTALL
)
_CONTROL_EDGES = re.compile(rf"\A(?:\s*(?:{_CONTROL}))+|(?:(?:{_CONTROL})\s*)+\Z")


def without_reasoning(answer: str) -> str | None:
    """The answer without a leading block of reasoning.

    Returns:
        ``None`` where reasoning was begun and never ended: there is no answer in it.
    """
    final = list(_FINAL_CHANNEL.finditer(answer))
    if final:
        return answer[final[-1].end() :]
    opened = _OPENED.match(answer)
    closed = _CLOSED.search(answer, opened.end() if opened else 0)
    if opened:
        if closed is None:
            return None
        # A second block right after the first is dropped as well.
        return without_reasoning(answer[closed.end() :])
    # Templates that open the block for the model leave only its end in the answer. After a fence
    # it would be part of the code.
    if closed and "```" not in answer[: closed.start()]:
        return answer[closed.end() :]
    return answer


def without_control_tokens(answer: str) -> str:
    """The answer without control tokens of chat templates at its two ends."""
    return _CONTROL_EDGES.sub("", answer)


def with_fences(answer: str) -> str:
    """The answer with fences for the tags that CodeLlama was taught to put around Python."""
    if "[/PYTHON]" not in answer or "```" in answer:
        return answer
    return _TAGGED.sub(r"```python\n\g<code>```", answer)
