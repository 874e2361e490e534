import gc
import threading
import time

import pytest

from moa_lsp.syntax.python_ast import parse

DEEP = "\n".join(f"x{n} = {'(' * 40}{n}{')' * 40} + {'-' * 20}1" for n in range(400))


@pytest.mark.heavy
def test_threads_that_parse_at_once_all_get_their_tree():
    """Python 3.11.7 alone raises SystemError in some, where collecting garbage lets others run."""
    got, wrong = [], []

    def let_others_run(phase, info):
        time.sleep(0)

    def work():
        try:
            got.extend(len(parse(DEEP).body) for _ in range(6))
        except BaseException as err:
            wrong.append(err)

    threads = [threading.Thread(target=work) for _ in range(6)]
    gc.callbacks.append(let_others_run)
    try:
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    finally:
        gc.callbacks.remove(let_others_run)
    assert wrong == []
    assert got == [400] * 36


def test_odd_escapes_are_not_warned_of():
    assert parse("x = '\\d'").body


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("x = (", SyntaxError, id="cut off"),
        pytest.param("x = 1\0", ValueError, id="a zero byte"),
    ],
)
def test_what_is_not_python(text, error):
    with pytest.raises((error, SyntaxError)):
        parse(text)
