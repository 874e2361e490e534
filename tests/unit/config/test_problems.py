"""Sentences for mistakes of shape: at their place, fitting the variant that was meant."""

import pytest

from moa_lsp.config.compose import MixSource, compose
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.strict_yaml import load


def problems_of(text):
    done = compose([MixSource(load(text, "mix.yaml"), "user")], BUILTIN)
    assert not done.mixes or not done.problems
    return done.problems


FIVE = """\
name: five
proposers:
  - modle: embedded/ruff
  - model: embeded/outline
    samples: "2"
aggregator:
  - verify: [parse, name]
quorum: {min: 3}
dead_line: 90
quorum: {min: 1}
"""


def test_s11_five_and_more_mistakes_all_with_line_and_column():
    assert [str(problem) for problem in problems_of(FIVE)] == [
        "mix.yaml:3:5: unknown key `modle`; did you mean `model`?",
        "mix.yaml:4:12: there is no provider `embeded`; did you mean `embedded`?",
        "mix.yaml:5:14: `samples`: expected a whole number: take the quotes away",
        "mix.yaml:7:21: `verify`: `name` is not one of parse, names, tests; did you mean `names`?",
        "mix.yaml:8:15: a quorum of 3 can never be met by 2 proposals",
        "mix.yaml:9:1: unknown key `dead_line`; did you mean `deadline`?",
        "mix.yaml:10:1: the key `quorum` stands here again: it is on line 8",
    ]


HEAD = "name: x\nproposers:\n  - model: embedded/ruff\n"

ONE = [
    ("proposers: []", "1:1", "`name` is missing"),
    ("name: x", "1:1", "a mix needs at least one proposer"),
    ("name: x\nproposers: []", "2:1", "a mix needs at least one proposer"),
    ("name: x\nlayers: []", "2:1", "a mix needs at least one proposer"),
    ("name: x\nproposers: {model: a/b}", "2:12", "expected a list, not a map"),
    ("name: a b\nproposers: [{model: embedded/ruff}]", "1:7", "without spaces"),
    ("name: x\nproposers: [{model: ruff}]", "2:21", "written provider/model"),
    ("name: x\nproposers: [{model: 'embedded/ruff '}]", "2:21", "written provider/model"),
    ("name: x\nproposers: [{model: 5}]", "2:21", "expected text, not a number"),
    ("name: x\nproposers: [{model: }]", "2:21", "expected text, not nothing"),
    (HEAD + "    temperature: 3", "4:18", "must be at most 2"),
    (HEAD + "    temperature: -1", "4:18", "must be at least 0"),
    (HEAD + "    samples: 0", "4:14", "must be at least 1"),
    (HEAD + "    samples: 2.5", "4:14", "expected a whole number, not a number"),
    (HEAD + "    samples: true", "4:14", "expected a whole number, not true"),
    (HEAD + "    timeout: 0", "4:14", "must be more than 0"),
    (HEAD + "    timeout: 1e9", "4:14", "must be at most 3600"),
    (HEAD + "    system: '  '", "4:13", "this text is empty"),
    (HEAD + "    system: see {{region}}", "4:13", "placeholders stand in actions"),
    (HEAD + "    sees: previous", "4:11", "the first layer has none before it"),
    (HEAD + "    sees: all", "4:11", "`all` is not one of task, previous"),
    (HEAD + "    fallbacks: embedded/ruff", "4:16", "expected a list, not text"),
    (HEAD + "    fallbacks: [embedded/ruff]", "4:17", "has been asked by then"),
    (HEAD + "    fallbacks: [nobody/x]", "4:17", "there is no provider `nobody`"),
    (HEAD + "    id: a\n  - {model: embedded/outline, id: a}", "5:35", "a second agent with"),
    (HEAD + "layers: [{agents: [{model: embedded/ruff}]}]", "4:1", "not both"),
    (HEAD + "aggregator: []", "4:13", "the list is empty"),
    (HEAD + "aggregator: prior", "4:13", "expected a list, not text"),
    (HEAD + "aggregator: [prior]", "4:14", "a step is a map with one of"),
    (HEAD + "aggregator: {verify: [parse], agree: 1}", "4:13", "both agree and verify"),
    (HEAD + "aggregator: {agre: 1}", "4:13", "did you mean `agree`?"),
    (HEAD + "aggregator: {agree: 0}", "4:21", "must be more than 0"),
    (HEAD + "aggregator: {first: false}", "4:21", "can only be true"),
    (HEAD + "aggregator: {select: best}", "4:22", "is not one of prior, vote, medoid"),
    (HEAD + "aggregator: {select: prior, temprature: 1}", "4:29", "unknown key `temprature`"),
    (HEAD + "aggregator: {model: a/b, temprature: 1}", "4:26", "did you mean `temperature`?"),
    (HEAD + "aggregator: {model: embedded/outline}", "4:21", "cannot aggregate"),
    (HEAD + "aggregator: {pick: a/b, model: a/b}", "4:13", "both model and pick"),
    (HEAD + "aggregator: {pick: best}", "4:20", "a model is written provider/model"),
    (HEAD + "aggregator: {pick: mix/other}", "4:20", "a mix can be a proposer only"),
    (HEAD + "aggregator: {pick: embedded/outline}", "4:20", "cannot aggregate"),
    (HEAD + "aggregator: {pick: nobody/m}", "4:20", "there is no provider `nobody`"),
    (HEAD + "aggregator: {pick: openai/m, fallbacks: [openai/m]}", "4:42", "is another model"),
    (HEAD + 'aggregator: {pick: openai/m, system: "{{path}}"}', "4:38", "stand in actions"),
    (HEAD + "aggregator: [{pick: openai/m}, {select: prior}]", "4:32", "`pick` before it always"),
    (HEAD + "aggregator: [{select: vote}, {verify: [parse]}]", "4:30", "never reached"),
    ("name: m\nproposers: [{model: openai/a, reasoning: deep}]", "2:42", "is not one of none"),
    (
        "name: m\nproposers: [{model: openai/a, extra: {stream: false}}]",
        "2:39",
        "by moa-lsp itself",
    ),
    ("name: m\nproposers: [{model: openai/a, extra: {n: 2}}]", "2:39", "said by `samples`"),
    ("name: m\nproposers: [{model: openai/a, extra: {think: true}}]", "2:39", "by `reasoning`"),
    (
        "name: m\nproposers: [{model: ollama/a, extra: {options: {num_predict: 1}}}]",
        "2:49",
        "by `max_tokens`",
    ),
    (HEAD + "aggregator: [{model: openai/a, extra: {model: b}}]", "4:40", "by moa-lsp itself"),
    (HEAD + "early_stop: off", "4:13", "write true or false"),
    (HEAD + "quorum: {min: 1, graec: 1}", "4:18", "did you mean `grace`?"),
    (HEAD + "budget: {usd: -1}", "4:15", "must be at least 0"),
    (HEAD + "cache: yes", "4:8", "write true or false"),
    (HEAD + "extends: nobody", "4:10", "there is no mix `nobody` to extend"),
    (HEAD + "extends: x", "4:10", "a mix cannot extend itself: x → x"),
    (HEAD + "overrides: [{quorum: {min: 1}}]", "4:13", "`when` is missing"),
    (HEAD + "overrides: [{when: {lang: c}}]", "4:21", "unknown key `lang`"),
    (HEAD + "overrides: [{when: {}, proposers: []}]", "4:24", "at least one proposer"),
    (HEAD + "overrides: [{when: {}, name: y}]", "4:24", "unknown key `name`"),
    ("name: x\nproposers: [" + "{model: embedded/ruff}, " * 17 + "]", "2:12", "17 proposals"),
    ("name: x\nproposers: [{model: embedded/ruff, samples: 9}, {model: embedded/ruff, "
     "samples: 8}]", "2:12", "17 proposals"),
    ("name: x\nlayers: [" + "{agents: [{model: embedded/ruff}]}, " * 5 + "]", "2:9", "4 layers"),
    ("name: x\nlayers: [{agents: [{model: embedded/ruff}], quorum: {min: 2}}]", "2:59",
     "a quorum of 2 can never be met by 1 proposals"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "words"), ONE)
def test_s11_one_mistake_one_problem(text, place, words):
    told = [f"{p.line}:{p.column} {p.message}" for p in problems_of(text) if "a/b" not in text]
    found = [f"{p.line}:{p.column} {p.message}" for p in problems_of(text) if words in p.message]
    assert [one.split()[0] for one in found] == [place]
    assert len(told) <= 1


def test_a_value_that_could_be_a_key_is_never_quoted():
    canary = "sk-canary0123456789abcdef"
    text = f"name: x\napi_key: {canary}\nproposers: [{{model: {canary}, id: [{canary}]}}]\n"
    told = "\n".join(map(str, problems_of(text)))
    assert told.count("\n") >= 2
    assert canary not in told
