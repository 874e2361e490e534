"""The watchers of every end-to-end test notice a server that breaks their rule."""

import sys
from pathlib import Path

import pytest

from tests.fakes.client import Client
from tests.fakes.monitors import Forbidden
from tests.fakes.rude_server import RULES

pytestmark = pytest.mark.e2e

RUDE_SERVER = (sys.executable, "-m", "tests.fakes.rude_server")

LINUX = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="what a process holds is read from /proc"
)


def leave(rule=None, patience=0.2):
    """Start, perhaps break a rule, quit; the forbidden port is one of this server alone."""
    client = Client(RUDE_SERVER, forbidden=Forbidden())
    try:
        client.initialize()
        if rule is not None:
            client.command("test.break", rule)
        if rule == "prints":
            return  # no answer can be read any more
        client.check_leaks(patience)
        client.quit()
    finally:
        client.close()


@LINUX
@pytest.mark.parametrize("rule", RULES)
def test_a_broken_rule_is_noticed(rule):
    with pytest.raises(AssertionError, match=RULES[rule][1]):
        leave(rule)


@LINUX
def test_a_server_that_keeps_the_rules_passes():
    leave()
