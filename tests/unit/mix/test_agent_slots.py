"""The seats of a layer: one for every sample of every agent, in order."""

import math

import pytest

from moa_lsp.mix.agent_slots import slots_for
from tests.fakes.runs import mix

AGENTS = mix(
    {"model": "a", "samples": 2, "timeout": 9, "weight": 3, "fallbacks": ["scripted/c"]},
    {"model": "b", "timeout": 2},
).agents


@pytest.mark.parametrize(("longest", "timeouts"), [(math.inf, [9, 9, 2]), (5.0, [5, 5, 2])])
def test_every_sample_has_a_seat_and_no_model_more_than_the_longest_time(longest, timeouts):
    seats = slots_for(AGENTS, lambda _agent: lambda _name: None, longest=longest)
    first, second = (agent.id for agent in AGENTS)
    assert [slot.agent for slot in seats] == [first, f"{first}#2", second]
    assert [slot.order for slot in seats] == [0, 1, 2]
    assert [slot.weight for slot in seats] == [3, 3, 1]
    assert [slot.timeout for slot in seats] == timeouts
    assert seats[1].models == ("scripted/a", "scripted/c")


def test_samples_of_an_agent_share_one_request():
    asked = []

    def request_of(agent):
        asked.append(agent.id)
        return lambda _name: None

    seats = slots_for(AGENTS, request_of)
    assert asked == [agent.id for agent in AGENTS]
    assert seats[0].ask is seats[1].ask
