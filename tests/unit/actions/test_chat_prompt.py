"""What a conversation becomes for proposers, and for the model that writes the answer."""

import pytest

from moa_lsp.actions.chat_prompt import MAX_TOOL_WORDS, about_proposals, messages
from moa_lsp.task import Conversation, Message, ToolCall, Tools

READ = {
    "type": "function",
    "function": {
        "name": "read",
        "description": "Reads.\n" + "word " * 200,
        "parameters": {"properties": {"path": {}}},
    },
}
TOOLS = Tools((READ,), {})
ASKED = (Message("system", "Be brief."), Message("user", "Why?"))
CALLED = (
    Message("user", "Read a.py."),
    Message("assistant", "Reading.", (ToolCall("c1", "read", '{"path": "a.py"}'),)),
    Message("tool", "x = 1", tool_call_id="c1"),
)
BLOCKS = ["<proposal-A-tag1>\nfirst\n</proposal-A-tag1>"]


def test_without_tools_a_proposer_sees_the_conversation_as_it_is():
    assert messages(Conversation(ASKED), tag="tag1") == ASKED


@pytest.mark.parametrize("shown", [ASKED, ASKED[1:]], ids=["with a system message", "without"])
def test_an_agents_own_words_stand_behind_the_clients_system_message(shown):
    said = messages(Conversation(shown), tag="tag1", system="You like tests.")
    assert [each.role for each in said] == ["system", "user"]
    assert said[0].content.endswith("You like tests.")
    assert said[1] == ASKED[1]


def test_a_proposer_is_told_of_tools_calls_and_results_in_words():
    said = messages(Conversation(CALLED, TOOLS), tag="tag1")
    assert [each.role for each in said] == ["system", "user", "assistant", "user"]
    assert '"read"(path): Reads. word' in said[0].content
    assert len(said[0].content) < 2 * MAX_TOOL_WORDS + 600
    assert said[2].content == 'Reading.\n[called the tool read with {"path": "a.py"}]'
    assert said[3].content == "<tool-result-tag1>\nx = 1\n</tool-result-tag1>"
    assert not any(each.tool_calls or each.tool_call_id for each in said)


def test_the_model_that_writes_sees_calls_and_results_as_they_were():
    said = about_proposals(Conversation(CALLED, TOOLS), BLOCKS, part="aggregate", tag="tag1")
    assert said[1:4] == CALLED
    assert [each.role for each in said] == ["system", "user", "assistant", "tool", "user"]


@pytest.mark.parametrize(
    "conversation",
    [Conversation(CALLED), Conversation(CALLED, TOOLS, advisory=True)],
    ids=["no tools in this request", "a proposal for somebody else"],
)
def test_who_may_call_nothing_sees_calls_in_words(conversation):
    said = about_proposals(conversation, BLOCKS, part="aggregate", tag="tag1")
    assert not any(each.tool_calls or each.role == "tool" for each in said)


def test_proposals_end_the_last_turn_of_the_user():
    said = about_proposals(Conversation(ASKED), BLOCKS, part="aggregate", tag="tag1")
    assert [each.role for each in said] == ["system", "user"]
    assert said[0].content.startswith("Be brief.\n\nThe last message ends with 1 proposals")
    assert said[1].content.startswith("Why?\n\n1 proposals for the next turn")
    assert said[1].content.endswith(BLOCKS[0])
