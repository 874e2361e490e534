"""Where the data of each task set is: its file's name, digest and licence, and how to get it.

No data is part of the project. What can be downloaded as it is has a URL with a commit; what comes
must have the digest that is written here. That is of what a file holds, compressed or not.
"""

from dataclasses import dataclass

_RAW = "https://raw.githubusercontent.com"
_PACKED = "https://codeload.github.com"


@dataclass(frozen=True, slots=True)
class Source:
    """The data of one or more sets.

    Attributes:
        file: its name in a folder of data.
        sha256: hexadecimal, of the uncompressed lines, or over the files of an archive
            (``archive.digest``).
        licence: of the data.
        url: whence it can be downloaded; ``""`` for nowhere.
        obtain: how to get it where it cannot be downloaded, as a sentence's end.
    """

    file: str
    sha256: str
    licence: str
    url: str = ""
    obtain: str = ""


_BIGCODEBENCH = Source(
    "BigCodeBench-Hard-v0.1.4.jsonl.gz",
    "e5ee3607abf5274f2b9e5c65cb1aae30e78a08f707c4da5727a59faa4608d124",
    "Apache-2.0",
    obtain="export the split v0.1.4 of bigcode/bigcodebench-hard on Hugging Face as JSONL",
)

SOURCES = {
    "bigcodebench-hard": _BIGCODEBENCH,
    "bigcodebench-hard-complete": _BIGCODEBENCH,
    "humaneval": Source(
        "HumanEval.jsonl.gz",
        "1d49078ba3e2b196b9344535bef34a43021f038fad9561d6ee7c53450609a6a2",
        "MIT",
        f"{_RAW}/openai/human-eval/6d43fb980f9fee3c892a914eda09951f772ad10d"
        "/data/HumanEval.jsonl.gz",
    ),
    "humanevalplus": Source(
        "HumanEvalPlus-OriginFmt.jsonl.gz",
        "04228b8a570ff7c346c740b91f0c6a0b323f86a26e903db8477c6f2d10f38819",
        "Apache-2.0",
        f"{_RAW}/evalplus/humanevalplus_release/200defce9e3429d28ca215b6dd061c0f7f31c18b"
        "/HumanEvalPlus-OriginFmt.jsonl.gz",
    ),
    "mbpp": Source(
        "mbpp.jsonl",
        "ccf64ceae9c5403bf50a044cb6d505bfd2a2963ee58338ba268fd65beab92a9f",
        "CC-BY-4.0",
        f"{_RAW}/deepseek-ai/DeepSeek-Coder/2f9fd85927c669dae3c0fbb2d607274023af243e"
        "/Evaluation/MBPP/data/mbpp.jsonl",
    ),
    "mbppplus": Source(
        "MbppPlus-OriginFmt.jsonl.gz",
        "132d01c96df6b4b0fe0cbb8414092fe62c51b873b160d1ec8fc2ded28484865a",
        "Apache-2.0",
        f"{_RAW}/evalplus/mbppplus_release/dadf43da556a00f7bacd71cb154f2932757d9144"
        "/MbppPlus-OriginFmt.jsonl.gz",
    ),
    "canitedit": Source(
        "canitedit.jsonl.gz",
        "7c4c3519eddb34dd914adabd5b0c6bdb816fa97289ace3c7948134a3558d2bfc",
        "BSD-3-Clause, and no training of models on it",
        obtain="export nuprl/CanItEdit on Hugging Face as JSONL",
    ),
    "humanevalfix": Source(
        "humanevalpack-python.jsonl.gz",
        "b1376d72be4bd016a62ad043d9de3846edb8d63edf1222da802a31330c14c3a7",
        "MIT",
        f"{_RAW}/bigcode-project/octopack/e17a8f6470264286bc6a52eb8263582083bf3bf6"
        "/evaluation/create/humaneval-x/data/python/data/humanevalpack.jsonl",
    ),
    "aider-polyglot-python": Source(
        "aider-polyglot-python.tar.gz",
        "e380da0adc70040aa61bcdb9d0837354c8e007a9db42f20f9178604483b1b48e",
        "MIT (Exercism)",
        f"{_PACKED}/Aider-AI/polyglot-benchmark/tar.gz/7e0611e77b54e2dea774cdc0aa00cf9f7ed6144f",
    ),
    "aider-refactor": Source(
        "aider-refactor-benchmark.tar.gz",
        "a71de1fb5dbc6252f756de8e6b039b71cee5c9a07a8ea294cce2e3dc324c3174",
        "Apache-2.0; its files are of nine projects with their own licences",
        f"{_PACKED}/Aider-AI/refactor-benchmark/tar.gz/c90dfb67d829f4da2759955a69111fc5f3b0e0fd",
    ),
    "humaneval-infilling-single": Source(
        "HumanEval-SingleLineInfilling.jsonl.gz",
        "6fffc71ec2f1674372fcc177511f92312f1a27a9eacd8e43255c9f5ee9eca8c8",
        "MIT",
        f"{_RAW}/openai/human-eval-infilling/88062ff9859c875d04db115b698ed4b0f0395170"
        "/data/HumanEval-SingleLineInfilling.jsonl.gz",
    ),
    "humaneval-infilling-random": Source(
        "HumanEval-RandomSpanInfillingLight.jsonl.gz",
        "cbb2b36f90311a3a7d844b6361852bb33e3ab11ab3bca2b7e85bfb9bf78c5891",
        "MIT",
        f"{_RAW}/openai/human-eval-infilling/88062ff9859c875d04db115b698ed4b0f0395170"
        "/data/HumanEval-RandomSpanInfillingLight.jsonl.gz",
    ),
}
