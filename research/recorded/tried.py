"""Rules that the engine does not have, each tried once as it stands here.

They look for a better selector than the engine's. What is learnt is learnt on one half of the
clusters and used on the other (``cross_fitted``); the halves are drawn by a hash of the cluster's
name, before anything was measured.
"""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from moa_lsp.answers.compare import similarity
from research.recorded.answers import Answer, Question
from research.recorded.regression import fit
from research.recorded.rules import Answers, Gate, Rule, examples, names, parse

Key = Callable[[Answer], str]
Fit = Callable[[Sequence[Question]], Callable[[Question], Answer]]

_alike = lru_cache(maxsize=400_000)(similarity)

WRONG_WAYS = 5
"""Different wrong answers that models are taken to choose among, for the weights of a vote."""


def tree(answer: Answer) -> str:
    return answer.judged.key


def coarse(answer: Answer) -> str:
    return answer.judged.coarse


def changed(answer: Answer) -> str:
    return answer.judged.changed


def behaviour(answer: Answer) -> str:
    return answer.behaviour or answer.judged.key


# --- rules of one question ----------------------------------------------------------------------


def classes(answers: Answers, key: Key) -> list[list[Answer]]:
    """Equal answers together, in order of preference."""
    found: dict[str, list[Answer]] = {}
    for answer in answers:
        found.setdefault(key(answer), []).append(answer)
    return list(found.values())


def majority(gate: Gate, key: Key) -> Rule:
    """More than half, else the first."""

    def rule(answers: Answers) -> Answer:
        left = gate(answers)
        largest = max(classes(left, key), key=len)
        return largest[0] if 2 * len(largest) > len(left) else left[0]

    return rule


def vote(gate: Gate, key: Key) -> Rule:
    """The largest class; of equal ones the first."""
    return lambda answers: max(classes(gate(answers), key), key=len)[0]


def medoid_of_changes(influence: Callable[[int], float]) -> Rule:
    """As the engine's medoid, by likeness of what is changed alone."""

    def rule(answers: Answers) -> Answer:
        left = parse(answers)
        weights = [influence(place) for place in range(len(left))]
        scores = list(weights)
        for one, answer in enumerate(left):
            for other in range(one):
                alike = _likeness(answer, left[other]) ** 2
                scores[one] += alike * weights[other]
                scores[other] += alike * weights[one]
        return left[scores.index(max(scores))]

    return rule


def _likeness(one: Answer, other: Answer) -> float:
    if one.judged.changed == other.judged.changed:
        return 1.0
    return _alike(one.judged.change, other.judged.change)


def of_like_size(answers: Answers) -> Answers:
    """Without those whose change is more than twice, or less than half, the median's size."""
    left = parse(answers)
    sizes = sorted(len(answer.judged.change) + 1 for answer in left)
    median = sizes[len(sizes) // 2]
    near = [each for each in left if 0.5 <= (len(each.judged.change) + 1) / median <= 2]
    return near if len(left) > 2 and near else left


def first_not_lonely(answers: Answers) -> Answer:
    """The first whose change is not far less like the others' than is usual in its panel."""
    left = parse(answers)
    if len(left) < 3:
        return left[0]
    likeness = [
        sum(_likeness(one, other) for other in left if other is not one) / (len(left) - 1)
        for one in left
    ]
    usual = sorted(likeness)[len(left) // 2]
    return next(each for each, like in zip(left, likeness, strict=True) if like >= 0.7 * usual)


def family(model: str) -> str:
    """Models of one maker and series are no independent witnesses."""
    name = model.lower()
    series = (
        "qwen2.5",
        "qwen3",
        "gpt-4",
        "gpt-3.5",
        "claude",
        "codellama",
        "starcoder",
        "deepseek",
    )
    return next((each for each in series if name.startswith(each)), name)


def by_families(*, strict: bool) -> Rule:
    """Each family has one vote, which its members share."""

    def rule(answers: Answers) -> Answer:
        left = parse(answers)
        sizes = Counter(family(answer.model) for answer in left)

        def votes(each: list[Answer]) -> float:
            return sum(1 / sizes[family(answer.model)] for answer in each)

        largest = max(classes(left, coarse), key=votes)
        if strict and not (len(largest) > 1 and votes(largest) > len(sizes) / 2):
            return left[0]
        return largest[0]

    return rule


PLAIN: Mapping[str, Rule] = {
    "majority, names of locals and docstrings aside": majority(parse, coarse),
    "majority by changed definitions": majority(parse, changed),
    "vote, names of locals and docstrings aside": vote(parse, coarse),
    "vote by changed definitions": vote(parse, changed),
    "names, then majority, locals and docstrings aside": majority(names, coarse),
    "names, then vote, locals and docstrings aside": vote(names, coarse),
    "medoid of the changes": medoid_of_changes(lambda place: 1 / (1 + place)),
    "medoid of the changes, all alike": medoid_of_changes(lambda _: 1.0),
    "changes of like size, then prior": lambda answers: of_like_size(answers)[0],
    "changes of like size, then majority": majority(of_like_size, coarse),
    "first that is not lonely": first_not_lonely,
    "vote by families": by_families(strict=False),
    "majority by families": by_families(strict=True),
}

EXECUTED: Mapping[str, Rule] = {
    "majority of behaviours": majority(parse, behaviour),
    "vote of behaviours": vote(parse, behaviour),
    "examples, then majority of behaviours": majority(examples, behaviour),
    "examples, then vote of behaviours": vote(examples, behaviour),
}
"""For where the prompt's examples were run."""

# --- learnt rules -------------------------------------------------------------------------------


def half(cluster: str) -> int:
    """0 or 1, by chance and for good."""
    return hashlib.sha256(cluster.encode()).digest()[0] % 2


def cross_fitted(fitting: Fit, questions: Sequence[Question]) -> list[Answer]:
    """Choices by a rule that is learnt on the half that a question is not in."""
    learnt = [
        fitting([each for each in questions if half(each.cluster) != mine]) for mine in (0, 1)
    ]
    return [learnt[half(each.cluster)](each) for each in questions]


def _shares(questions: Sequence[Question]) -> Callable[[str, str], float]:
    """How often a model is right in a language; as if it had been right once of two times more."""
    right: Counter[tuple[str, str]] = Counter()
    asked: Counter[tuple[str, str]] = Counter()
    for question in questions:
        for answer in question.answers:
            for language in ("", question.language):
                asked[answer.model, language] += 1
                right[answer.model, language] += answer.passed
    return lambda model, language: (right[model, language] + 1) / (asked[model, language] + 2)


def learnt_prior(*, by_language: bool) -> Fit:
    """The usable answer of the model that was right most often."""

    def fitting(questions: Sequence[Question]) -> Callable[[Question], Answer]:
        share = _shares(questions)

        def rule(question: Question) -> Answer:
            language = question.language if by_language else ""
            return max(parse(question.answers), key=lambda each: share(each.model, language))

        return rule

    return fitting


def learnt_vote(key: Key, gate: Gate) -> Fit:
    """A vote weighted by log odds, as if models chose their errors independently."""

    def fitting(questions: Sequence[Question]) -> Callable[[Question], Answer]:
        share = _shares(questions)

        def weight(answer: Answer) -> float:
            right = share(answer.model, "")
            return math.log(right * WRONG_WAYS / (1 - right))

        def rule(question: Question) -> Answer:
            found = classes(gate(question.answers), key)
            return max(found, key=lambda each: sum(map(weight, each)))[0]

        return rule

    return fitting


def learnt_features(*, executed: bool) -> Fit:
    """A logistic regression on who agrees, how much is changed, how alike, and the gates."""

    def fitting(questions: Sequence[Question]) -> Callable[[Question], Answer]:
        models = sorted({each.model for each in questions[0].answers})
        seen = [
            (features, answer.passed)
            for question in questions
            for answer, features in _features(question, models, executed=executed)
        ]
        score = fit([features for features, _ in seen], [passed for _, passed in seen])

        def rule(question: Question) -> Answer:
            found = _features(question, models, executed=executed)
            return max(found, key=lambda each: round(score(each[1]), 9))[0]

        return rule

    return fitting


def _features(
    question: Question, models: Sequence[str], *, executed: bool
) -> list[tuple[Answer, list[float]]]:
    left = parse(question.answers)
    sizes = sorted(len(each.judged.change) + 1 for each in left)
    median = sizes[len(sizes) // 2]
    same: defaultdict[str, set[str]] = defaultdict(set)
    for each in left:
        same[each.judged.coarse].add(each.model)
    did = Counter(behaviour(each) for each in left)
    told: list[tuple[Answer, list[float]]] = []
    for each in left:
        with_it = same[each.judged.coarse]
        likeness = [_likeness(each, other) for other in left if other is not each] or [0.5]
        size = math.log((len(each.judged.change) + 1) / median)
        features = [float(model in with_it) for model in models]
        features += [len(with_it) / len(left), float(2 * len(with_it) > len(left))]
        features += [float(each.judged.names), max(likeness), sum(likeness) / len(likeness)]
        features += [size, abs(size)]
        if executed:
            features += [each.examples or 0.0, float((each.examples or 0.0) == 1.0)]
            features += [did[behaviour(each)] / len(left)]
        told.append((each, features))
    return told


OF_LANGUAGE = "learnt prior of the language"

LEARNT: Mapping[str, Fit] = {
    "learnt prior": learnt_prior(by_language=False),
    OF_LANGUAGE: learnt_prior(by_language=True),
    "learnt vote": learnt_vote(tree, parse),
    "learnt vote, names of locals and docstrings aside": learnt_vote(coarse, parse),
    "names, then learnt vote": learnt_vote(coarse, names),
    "learnt regression": learnt_features(executed=False),
}

LEARNT_EXECUTED: Mapping[str, Fit] = {
    "examples, then learnt vote of behaviours": learnt_vote(behaviour, examples),
    "learnt regression with examples and behaviours": learnt_features(executed=True),
}
