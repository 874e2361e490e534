"""What a model's server does not take of a request, learnt from its words or stated ahead.

Pure. OpenAI's newer models want ``max_completion_tokens`` and no ``temperature``, older servers
know no ``stream_options``, some models have no system role. A refusal names the field, in words
that differ from server to server (``tests/unit/providers/test_parameters.py`` has them with their
sources). What it names is left out from then on, or put in its other form, once for each model.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

OTHER_LIMIT = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
"""The two names of the bound of an answer."""

SYSTEM = "system"
"""Stands for the system role among the fields."""

_REFUSING = re.compile(
    r"unsupported|not (?:currently |yet )?supported|(?:does|do|is|are)(?:n\W?t| not) (?:support|"
    r"accept|allow|take|recogni[sz]e|permit)\w*|unknown|unrecogni[sz]ed|unexpected|extra (?:"
    r"inputs|fields?)|extraneous|not (?:enabled|permitted|allowed|accepted|available|valid|"
    r"recogni[sz]ed|compatible)|no longer|deprecated|invalid|cannot (?:be|both)|can\W?t be|"
    r"only the default|incompatible|remove|disallowed|forbidden|must be (?:one of|either)|"
    r"roles? must|only support|only [^.\n]{0,60} (?:is|are) supported|(?:may|can) only be|"
    r"must be (?:set to |equal to |exactly )?1(?![.\d])",
    re.IGNORECASE,
)
"""Words by which a server refuses a field."""

_NO_SYSTEM = re.compile(
    r"system (?:role|message|prompt|instruction)s?\b|role\W{0,4}system|['\"`]system['\"`]"
    r"|developer instruction|messages\W{0,3}\d+\W{0,3}role|roles must alternate"
    r"|only (?:the )?\W?user\W? and \W?(?:assistant|model)\W? roles"
    r"|roles? must be (?:either )?\W?user\W? or \W?(?:assistant|model)",
    re.IGNORECASE,
)

_FIELDS = (
    "max_completion_tokens", "max_tokens", "stream_options", "temperature", "top_p", "stop",
    "reasoning_effort", "chat_template_kwargs", "thinking_budget", "enable_thinking",
    "disable_reasoning", "output_config", "reasoning", "thinking", "think", "seed", "n", "stream",
)  # fmt: skip
"""Fields that this program sends of itself or at a user's wish, longest name first."""

_SPELLINGS = {
    "max_tokens": r"max[_ ]?tokens|maxTokens|max_new_tokens|max_output_tokens|maxOutputTokens",
    "stream_options": r"stream[_ ]?options|streamOptions|include_usage",
    "think": r"\bthink(?:ing)?\b",
    "n": r"(?<=['\"`])n(?=['\"`])|(?<=supplied: )n\b",
    "stop": r"(?<=['\"`])stop(?=['\"`])|(?<=parameter )stop\b|(?<=: )stop\b|\bstop sequences?"
    r"|\bstop(?=\W{0,2} (?:is|parameter))",
    "stream": r"(?<=['\"`])stream(?=['\"`])|\bstreaming|\bstream(?=\W{0,2} (?:is|parameter))",
}


@dataclass(frozen=True, slots=True)
class Habits:
    """What one model's server takes.

    Attributes:
        system_role: whether a message may have the role ``system``; else its text goes before
            the user's.
        limit_field: the name of the bound of an answer, ``None`` for the wire's own.
        most: the largest bound of an answer that is taken, ``None`` where none was refused.
        without: fields that are left out.
    """

    system_role: bool = True
    limit_field: str | None = None
    without: frozenset[str] = frozenset()
    most: int | None = None

    def adapted(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A request's body as this server takes it."""
        if self == Habits():
            return body
        made = dict(body)
        if self.limit_field is not None:
            for name in OTHER_LIMIT:
                if name in made and name != self.limit_field:
                    made[self.limit_field] = made.pop(name)
        for name in OTHER_LIMIT:
            if self.most is not None and isinstance(made.get(name), int):
                made[name] = min(made[name], self.most)
        if not self.system_role and "messages" in made:
            made["messages"] = without_system(made["messages"])
        for name in self.without:
            made.pop(name, None)
        if "stream" in self.without:
            made.pop("stream_options", None)
        return made

    def learnt(self, field: str, sent: Mapping[str, Any], text: str = "") -> "Habits | None":
        """What is known after a refusal, ``None`` when it teaches nothing new.

        Args:
            field: what was refused, ``system`` for the system role.
            sent: the body that was refused.
            text: the server's words, which may say how large a bound it takes.
        """
        if field == SYSTEM:
            return replace(self, system_role=False) if self.system_role else None
        most = _most(text, sent.get(field)) if field in OTHER_LIMIT else None
        if most is not None:
            return replace(self, most=most)
        if field in OTHER_LIMIT and self.limit_field is None and field in sent:
            return replace(self, limit_field=OTHER_LIMIT[field])
        if field not in sent or field in self.without:
            return None
        return replace(self, without=self.without | {field})


_MOST = re.compile(
    r"(?:<=?|(?:less|lower) than(?: or equal to)?|at most|maximum(?: value)?(?: of| is|:)?"
    r"|exceed|up to|valid range[^\[(]{0,60}[\[(]\s*\d+\s*,)[\s'\"`]*(\d{1,7})\b",
    re.IGNORECASE,
)
"""How servers say the largest bound of an answer that they take: DeepSeek's, Volcengine's,
pydantic's, OpenAI's words."""


def _most(text: str, sent: object) -> int | None:
    """The largest bound that is taken, when the one that was sent is larger."""
    found = [int(each) for each in _MOST.findall(text)]
    return next((each for each in found if isinstance(sent, int) and 0 < each < sent), None)


def refused_field(text: str, named: str | None, sent: Callable[[str], bool]) -> str | None:
    """The field of a request that a refusal is about.

    Args:
        text: the server's words.
        named: the field that it names beside them, with its place, as ``messages[0].role``.
        sent: whether the request had a field.

    Returns:
        A field that was sent, ``system`` for the system role, or ``None``.
    """
    refusal = _REFUSING.search(text) or _MOST.search(text)
    if named is not None:
        parts = re.split(r"[.\[\]]+", named)
        if parts[0] == "messages" and "role" in parts and _NO_SYSTEM.search(f"{text} {named}"):
            return SYSTEM
        for part in parts:
            if sent(part):
                return part
    if refusal is None:
        return None
    found = [
        (_distance(text, match), field)
        for field in _FIELDS
        if sent(field)
        for match in _spelled(field).finditer(text)
    ]
    if found:
        return min(found)[1]
    return SYSTEM if _NO_SYSTEM.search(text) else None


def setting_of(field: str) -> str | None:
    """The setting of the user's files by which a field is said, ``None`` for one that has none."""
    return _SETTINGS.get(field)


_SETTINGS = {
    "max_tokens": "set `max_tokens_field: max_completion_tokens` of the model under `models:`",
    "max_completion_tokens": "set `max_tokens_field: max_tokens` of the model under `models:`",
    SYSTEM: "set `system_role: false` of the model under `models:`",
    "temperature": "take `temperature` out of the mix",
    **dict.fromkeys(
        (
            "reasoning_effort",
            "enable_thinking",
            "output_config",
            "reasoning",
            "thinking",
            "think",
        ),
        "take `reasoning` out of the mix",
    ),
    "suffix": "set `fim: chat` of the model under `models:`",
}


def without_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages whose system text stands at the beginning of the user's first."""
    system = "\n\n".join(str(each["content"]) for each in messages if each["role"] == SYSTEM)
    others = [dict(each) for each in messages if each["role"] != SYSTEM]
    if not system:
        return others
    if not others:
        return [{"role": "user", "content": system}]
    content = others[0]["content"]
    if isinstance(content, list):  # of parts, among them images
        others[0]["content"] = [{"type": "text", "text": system}, *content]
    else:
        others[0]["content"] = f"{system}\n\n{content}"
    return others


def _spelled(field: str) -> re.Pattern[str]:
    return re.compile(_SPELLINGS.get(field, rf"\b{field}\b"))


def _distance(text: str, match: re.Match[str]) -> int:
    """Characters between a field's name and the nearest word that refuses."""
    return min(
        max(refusal.start() - match.end(), match.start() - refusal.end(), 0)
        for refusal in (*_REFUSING.finditer(text), *_MOST.finditer(text))
    )
