"""Bounds that several modules of verification by tests share."""

MAX_TEST_FILES = 8
"""Test files that are run for one change, the nearest first: a run of more takes longer than
anybody waits for an edit."""

MAX_TEST_NAMES = 200
"""Names of tests that a verdict keeps, of those that passed and of those that failed."""

MAX_FAILURE_CHARS = 1_200
"""Of the first failure's lines in a verdict: a traceback's end and the assertion."""

MAX_TEST_NAME_CHARS = 200
"""Of one test's name; parameters can be long."""

MAX_REPORTED_NAMES = 10
"""Failed tests that a model is told of one proposal: more of them say the same."""
