import pytest

from moa_bench.sanitize import MAX_SANITIZED_SPANS, sanitize

CODE = (
    "import os\n\ndef task_func(n):\n    return helper(n)\n\ndef helper(n):\n    return os and n"
)
KEPT = "import os\ndef task_func(n):\n    return helper(n)\ndef helper(n):\n    return os and n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(CODE, KEPT, id="code alone"),
        pytest.param(f"Here it is:\n```python\n{CODE}\n```\nIt works.", KEPT, id="a fence"),
        pytest.param(f"{CODE}\n\nThis is a stop", KEPT, id="words behind"),
        pytest.param(f"{CODE}\n\nprint(task_func(3))\n", KEPT, id="a call at the end"),
        pytest.param(f"{CODE}\n\nassert helper(3)\n", KEPT, id="what defines nothing"),
        pytest.param(f"{CODE}\n\ndef other():\n    return 1\n", KEPT, id="what is not used"),
        pytest.param(f"{CODE}\n\ndef helper(n):\n    return 0\n", KEPT, id="the first counts"),
        pytest.param(
            "SIZE = 3\nNAME = 4\ndef task_func():\n    return SIZE",
            "SIZE = 3\ndef task_func():\n    return SIZE",
            id="assignments",
        ),
        pytest.param(
            "@cache\ndef help():\n    return 1\ndef task_func():\n    return help()",
            "@cache\ndef help():\n    return 1\ndef task_func():\n    return help()",
            id="decorators",
        ),
        pytest.param(
            "class A:\n    x = B\nclass B:\n    pass\ndef task_func():\n    return A",
            "class A:\n    x = B\nclass B:\n    pass\ndef task_func():\n    return A",
            id="through classes",
        ),
        pytest.param(
            "task_func = lambda: 1\ntask_func()", "", id="its own line at the end names it"
        ),
        pytest.param("import os\nimport re\n", "import os\nimport re", id="imports alone"),
        pytest.param("no code\nat all here\n", "", id="prose"),
        pytest.param("", "", id="nothing"),
        pytest.param("x = 1\0\ny = 2\0", "", id="zero bytes"),
    ],
)
def test_what_a_test_needs_of_an_answer(text, expected):
    assert sanitize(text, "task_func") == expected


def test_a_lone_surrogate_is_no_code_and_does_no_harm():
    assert sanitize(f"{CODE}\n\n'\ud800'", "task_func") == KEPT


def test_of_equal_stretches_the_first_counts():
    assert sanitize("a = 1\nb = 2\n?\nc = 3\nd = 4", "b") == ""
    assert sanitize("import a\nimport b\n?\nimport c\nimport d", "x") == "import a\nimport b"


def test_where_too_much_would_have_to_be_tried_all_of_the_text_counts():
    """Else the longer stretch did: the second."""
    lines = int((2 * MAX_SANITIZED_SPANS) ** 0.5) + 50
    prose = "\n".join(f"words that are no code {n}" for n in range(lines))
    text = f"def f():\n    return 1\n{prose}\ndef f():\n    x = 2\n    return x"
    assert sanitize(text, "f") == "def f():\n    return 1"
    assert sanitize(text.replace(prose, "some words"), "f") == "def f():\n    x = 2\n    return x"
