"""Makes a model of 3 MB that writes what looks like Python: ``python tiny_model.py OUT.gguf``.

No download and no training library: byte-pair tokens are learned from the standard library's own
sources, and the network is set so that it computes a table of which token follows which. Attention
and feed-forward weights are zero, so each token's one-hot embedding goes through untouched; RMS
norm makes it sqrt(width) long, and the output weights are log P(next | previous) / sqrt(width).
What it writes is valid UTF-8, the same for the same seed, and ends after a line now and then.
"""

import argparse
import math
import re
import sysconfig
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.gateways.gguf import Gguf

TOKENS = 512
WINDOW = 32_768
SOURCES = 24
"""Files of the standard library that are read."""

END, START, STOP = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
FILL = {
    "prefix": "<|fim_prefix|>",
    "suffix": "<|fim_suffix|>",
    "middle": "<|fim_middle|>",
    "fim_pad": "<|fim_pad|>",
    "fim_rep": "<|repo_name|>",
    "fim_sep": "<|file_sep|>",
}
SPECIAL = (END, START, STOP, *FILL.values())

TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

UNSEEN = 1e-4
NEVER = 1e-6
ENDS_LINES = 0.2
"""The share of lines after which the model ends its answer."""

_WORD = re.compile(r" ?[^\W\d_]+| ?\d| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")

# Text stands for bytes in a vocabulary: printable Latin-1 as itself, the rest from U+0100 on.
_PLAIN = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_SHOWN = {byte: chr(byte) for byte in _PLAIN}
_SHOWN |= {b: chr(0x100 + i) for i, b in enumerate(b for b in range(256) if b not in _SHOWN)}

Pair = tuple[str, str]


@dataclass
class Vocabulary:
    """Tokens by number, the merges that make them in order, and words cut into tokens."""

    tokens: list[str]
    merges: list[Pair]
    cut: dict[str, list[str]]


def words() -> Iterator[list[str]]:
    """The words of each source file, bytes shown as text."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(folder.glob("*.py"))[:SOURCES]:
        text = path.read_text(encoding="utf-8", errors="ignore")
        yield ["".join(_SHOWN[b] for b in word.encode()) for word in _WORD.findall(text)]


def learn(counts: Counter[str]) -> Vocabulary:
    """Byte-pair encoding: join the most frequent neighbours until there are enough tokens."""
    cut = {word: list(word) for word in counts}
    pairs: Counter[Pair] = Counter()
    found: defaultdict[Pair, set[str]] = defaultdict(set)
    for word, pieces in cut.items():
        for pair in pairwise(pieces):
            pairs[pair] += counts[word]
            found[pair].add(word)
    merges: list[Pair] = []
    tokens = [*SPECIAL, *_SHOWN.values()]
    while len(tokens) < TOKENS:
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        tokens.append("".join(best))
        for word in found.pop(best):
            for pair in pairwise(cut[word]):
                pairs[pair] -= counts[word]
            cut[word] = _joined(cut[word], best)
            for pair in pairwise(cut[word]):
                pairs[pair] += counts[word]
                found[pair].add(word)
        del pairs[best]
    return Vocabulary(tokens, merges, cut)


def _joined(pieces: list[str], pair: Pair) -> list[str]:
    joined: list[str] = []
    for piece in pieces:
        if joined and (joined[-1], piece) == pair:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def follows(texts: list[list[str]], known: Vocabulary) -> list[list[float]]:
    """Log P(next | previous), a row for each previous token."""
    number = {token: i for i, token in enumerate(known.tokens)}
    rows = [[UNSEEN] * TOKENS for _ in range(TOKENS)]
    for text in texts:
        ids = [number[piece] for word in text for piece in known.cut[word]]
        for one, next_one in pairwise(ids):
            rows[one][next_one] += 1
    newline, space = number[_SHOWN[0x0A]], number[_SHOWN[0x20]]
    for i, row in enumerate(rows):
        row[i] = UNSEEN  # a token that follows itself would never end when the likeliest is taken
        for special in SPECIAL:
            row[number[special]] = NEVER
    rows[number[FILL["middle"]]] = list(rows[space])
    rows[newline][number[END]] = sum(rows[newline]) * ENDS_LINES
    return [[math.log(count / total) for count in row] for row in rows if (total := sum(row))]


def describe(model: Gguf, known: Vocabulary, heads: int) -> None:
    """The facts that a loader asks for."""
    number = {token: i for i, token in enumerate(known.tokens)}
    model.put("general.architecture", "llama")
    model.put("general.name", "tiny")
    for name, value in {
        "context_length": WINDOW,
        "embedding_length": TOKENS,
        "block_count": 1,
        "feed_forward_length": _INNER,
        "attention.head_count": heads,
        "attention.head_count_kv": 1,
        "attention.key_length": _HEAD,
        "attention.value_length": _HEAD,
        "attention.layer_norm_rms_epsilon": 1e-6,
        "rope.dimension_count": _HEAD,
        "rope.freq_base": 10_000.0,
        "vocab_size": TOKENS,
    }.items():
        model.put(f"llama.{name}", value)
    model.put("tokenizer.ggml.model", "gpt2")
    model.put("tokenizer.ggml.pre", "qwen2")
    model.put("tokenizer.ggml.tokens", known.tokens)
    model.put("tokenizer.ggml.token_type", [3 if t in SPECIAL else 1 for t in known.tokens])
    model.put("tokenizer.ggml.merges", [" ".join(pair) for pair in known.merges])
    model.put("tokenizer.ggml.add_bos_token", value=False)
    model.put("tokenizer.chat_template", TEMPLATE)
    named = {"bos": END, "eos": END, "eot": STOP, "padding": FILL["fim_pad"]}
    fill = {"fim_pre": "prefix", "fim_suf": "suffix", "fim_mid": "middle"}
    named |= {ours: FILL[theirs] for ours, theirs in fill.items()}
    named |= {name: FILL[name] for name in ("fim_pad", "fim_rep", "fim_sep")}
    for name, token in named.items():
        model.put(f"tokenizer.ggml.{name}_token_id", number[token])


_HEAD = 16
_INNER = 32


def make(path: Path) -> None:
    """Write the model to ``path``."""
    texts = list(words())
    known = learn(Counter(word for text in texts for word in text))
    model = Gguf()
    heads = 8
    describe(model, known, heads)
    scale = math.sqrt(TOKENS)
    table = follows(texts, known)
    identity = array("f", bytes(4 * TOKENS * TOKENS))
    for i in range(TOKENS):
        identity[i * TOKENS + i] = 1.0
    output = array("f", (row[i] / scale for i in range(TOKENS) for row in table))
    ones = array("f", [1.0] * TOKENS)
    square = (TOKENS, TOKENS)
    model.tensor("token_embd.weight", square, identity)
    model.tensor("output.weight", square, output)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        model.tensor(f"{name}.weight", (TOKENS,), ones)
    for name, rows, columns in (
        ("attn_q", heads * _HEAD, TOKENS),
        ("attn_k", _HEAD, TOKENS),
        ("attn_v", _HEAD, TOKENS),
        ("attn_output", TOKENS, heads * _HEAD),
        ("ffn_gate", _INNER, TOKENS),
        ("ffn_up", _INNER, TOKENS),
        ("ffn_down", TOKENS, _INNER),
    ):
        zeros = array("f", bytes(4 * rows * columns))
        model.tensor(f"blk.0.{name}.weight", (rows, columns), zeros)
    model.write(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    make(parser.parse_args().out)
