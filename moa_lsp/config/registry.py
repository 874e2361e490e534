"""The providers that need no entry: where they are, what they speak, where their key is.

A user's entry of the same name is laid over the built-in one, key by key. Keys themselves are
never here: only the name of the variable, command or keyring service that has them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from moa_lsp.config.mixes import MIX
from moa_lsp.config.problems import Fault
from moa_lsp.config.settings import KEY_SOURCES, ProviderEntry, ProviderFile, Settings
from moa_lsp.config.strict_yaml import Keys

EMBEDDED = "embedded"
EMBEDDED_MODELS = frozenset({"ruff", "skeleton", "outline", "ngram", "jedi"})


def _cloud(name: str, base_url: str, api: str = "openai", key: str = "") -> ProviderEntry:
    return ProviderEntry(name, api, base_url, api_key_env=key or f"{name.upper()}_API_KEY")


BUILTIN: Mapping[str, ProviderEntry] = {
    entry.name: entry
    for entry in (
        ProviderEntry(EMBEDDED, "embedded", models=EMBEDDED_MODELS),
        _cloud("openrouter", "https://openrouter.ai/api/v1"),
        _cloud("together", "https://api.together.xyz/v1"),
        _cloud("deepseek", "https://api.deepseek.com"),
        _cloud("mistral", "https://api.mistral.ai/v1", "mistral"),
        _cloud("fireworks", "https://api.fireworks.ai/inference/v1"),
        _cloud("groq", "https://api.groq.com/openai/v1"),
        _cloud("openai", "https://api.openai.com/v1"),
        _cloud("anthropic", "https://api.anthropic.com/v1", "anthropic"),
        _cloud("gemini", "https://generativelanguage.googleapis.com/v1beta/openai"),
        _cloud("xai", "https://api.x.ai/v1"),
        _cloud("cerebras", "https://api.cerebras.ai/v1"),
        _cloud("huggingface", "https://router.huggingface.co/v1", key="HF_TOKEN"),
        _cloud("nvidia", "https://integrate.api.nvidia.com/v1"),
        _cloud("sambanova", "https://api.sambanova.ai/v1"),
        _cloud("moonshot", "https://api.moonshot.ai/v1"),
        _cloud("zai", "https://api.z.ai/api/paas/v4"),
        _cloud("dashscope", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        _cloud("github-models", "https://models.github.ai/inference", key="GITHUB_TOKEN"),
        ProviderEntry("ollama", "ollama", "http://127.0.0.1:11434"),
        ProviderEntry("lmstudio", "openai", "http://127.0.0.1:1234/v1"),
        ProviderEntry("llamacpp", "llamacpp", "http://127.0.0.1:8080"),
        ProviderEntry("vllm", "openai", "http://127.0.0.1:8000/v1"),
    )
}


def overlaid(
    settings: Settings,
    touched: Iterable[Keys] = (),
    known: Mapping[str, ProviderEntry] = BUILTIN,
) -> tuple[dict[str, ProviderEntry], list[Fault]]:
    """Lay the user's providers over the known ones.

    Args:
        settings: their ``providers``.
        touched: places in the settings that had to be mended.
        known: the providers below.

    Returns:
        Every provider; one whose entry has any problem is not ``sound``, so that nothing is sent
        to half of what was meant.
    """
    files = settings.providers
    unsound = {str(keys[1]) for keys in touched if keys[:1] == ("providers",) and keys[1:]}
    entries = dict(known)
    faults: list[Fault] = []
    for name in {**files, **dict.fromkeys(unsound)}:
        below = known.get(name, ProviderEntry(name, ""))
        if name == MIX:
            message = "`mix` is no provider: `mix/NAME` stands for another mix"
            faults.append(Fault(("providers", name), message, at_key=True))
            continue
        if name in known and not below.base_url:
            message = f"`{name}` is built in and has no settings"
            faults.append(Fault(("providers", name), message, at_key=True))
            continue
        entry, wrong = _laid_over(below, files.get(name, ProviderFile()))
        if name in unsound:
            wrong = []
        faults += wrong
        entries[name] = replace(entry, sound=not wrong and name not in unsound)
    return entries, faults


def _laid_over(below: ProviderEntry, file: ProviderFile) -> tuple[ProviderEntry, list[Fault]]:
    said = {key: getattr(file, key) for key in type(file).model_fields}
    given = {key: value for key, value in said.items() if value is not None}
    url = given.get("base_url")
    if any(source in given for source in KEY_SOURCES):
        below = replace(below, api_key_env=None, api_key_command=None, api_key_keyring=None)
    elif url and below.needs_key and url.rstrip("/") != below.base_url.rstrip("/"):
        message = "another base_url needs its own key source: a key goes to one address only"
        return below, [Fault(("providers", below.name, "base_url"), message)]
    entry = replace(below, **given)
    lacking = [key for key in ("api", "base_url") if not getattr(entry, key)]
    return entry, [Fault(("providers", below.name, key), f"`{key}` is missing") for key in lacking]
