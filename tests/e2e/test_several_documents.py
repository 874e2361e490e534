"""Actions on a file that change several open documents: one edit for all of them, or none."""

import pytest

from tests.fakes.buffer import Buffer
from tests.fakes.desk import able

pytestmark = pytest.mark.e2e

ACTION = """\
---
id: everywhere
title: Everywhere
kind: refactor.rewrite
when: any
scope: file
output: replace
---
Do it in the whole file.

{{document}}

{{instruction}}
"""

CONFIG = "mix: solo\nmix_dirs: [mixes]\nactions_dirs: [actions]\nreview: never\n"
MIXES = {
    "solo": "proposers: [{model: scripted/a}]\naggregator: {select: prior}\n",
    "duo": "proposers: [{model: scripted/a}, {model: scripted/b}]\naggregator: "
    "{model: scripted/z}\n",
}
ANNOTATED = able(
    workspace={
        "applyEdit": True,
        "workspaceEdit": {
            "documentChanges": True,
            "changeAnnotationSupport": {},
            "resourceOperations": ["create"],
        },
    }
)

SHOP = """\
def price(item):
    return item.cost


def total(items):
    return sum(map(price, items))
"""
USE = "from shop import price\n\n\ndef show(item):\n    print(price(item))\n"
RENAMED = """\
Here are the changes.

src/shop.py
```python
<<<<<<< SEARCH
def price(item):
=======
def cost(item):
>>>>>>> REPLACE
<<<<<<< SEARCH
    return sum(map(price, items))
=======
    return sum(map(cost, items))
>>>>>>> REPLACE
```

src/use.py
```python
<<<<<<< SEARCH
from shop import price
=======
from shop import cost
>>>>>>> REPLACE
<<<<<<< SEARCH
    print(price(item))
=======
    print(cost(item))
>>>>>>> REPLACE
```
"""
NEW_FILE = """\
src/shop.py
<<<<<<< SEARCH
def price(item):
    return item.cost


def total(items):
=======
from prices import price


def total(items):
>>>>>>> REPLACE

src/prices.py
```python
def price(item):
    return item.cost
```
"""


class Two:
    """A desk with two open documents below its workspace."""

    def __init__(self, runner, folder):
        self.runner = runner
        self.folder = folder
        self.use = self.opened("src/use.py", USE)
        self.shop = self.opened("src/shop.py", SHOP)
        self.buffers = {each.uri: each for each in (self.use, self.shop)}
        runner.client.answers["workspace/applyEdit"] = self.apply
        self.edits = []
        self.agrees = True

    def opened(self, path, text):
        buffer = Buffer((self.folder / path).as_uri(), text)
        self.runner.client.open(buffer.uri, text, "python")
        return buffer

    def run(self, **action_request):
        argument = {"action": "everywhere", "uri": self.shop.uri, "range": self.shop.range(0, 0)}
        return self.runner.client.command("moa.run", {**argument, **action_request})["run"]

    def apply(self, params):
        """As editors do: nothing of it where one document has moved."""
        self.edits.append(params)
        edit = params["edit"]
        changes = [each for each in edit.get("documentChanges", ()) if "kind" not in each]
        changes = [each for each in changes if each["textDocument"]["uri"] in self.buffers]
        for each in changes:
            document = each["textDocument"]
            if document["version"] != self.buffers[document["uri"]].version:
                return {"applied": False}
        if not self.agrees:
            return {"applied": False, "failureReason": "the user said no"}
        for each in changes:
            buffer = self.buffers[each["textDocument"]["uri"]]
            _, changed = buffer.apply({"edit": {"documentChanges": [each]}})
            self.runner.client.notify("textDocument/didChange", changed)
        for uri in edit.get("changes", ()):
            _, changed = self.buffers[uri].apply(params)
            self.runner.client.notify("textDocument/didChange", changed)
        return {"applied": True}

    def type(self, buffer, old, new):
        self.runner.client.notify("textDocument/didChange", buffer.type(old, new))


@pytest.fixture
def two(runner, tmp_path):
    def begin(capabilities=None, **how):
        (tmp_path / "config0" / "actions").mkdir(parents=True)
        (tmp_path / "config0" / "actions" / "everywhere.md").write_text(ACTION)
        folder = tmp_path / "space"
        (folder / "src").mkdir(parents=True)
        made = runner(capabilities, config=CONFIG, mixes=MIXES, root=folder, **how)
        return Two(made, folder)

    return begin


def test_two_documents_are_changed_by_one_edit(two):
    two = two()
    two.runner.script(a={"text": RENAMED})
    record = two.runner.result(two.run())
    assert record["applied"] is True, record["reason"]
    assert two.shop.text == SHOP.replace("price", "cost")
    assert two.use.text == USE.replace("price", "cost")
    (sent,) = two.edits
    told = [each["textDocument"] for each in sent["edit"]["documentChanges"]]
    assert told == [{"uri": two.shop.uri, "version": 1}, {"uri": two.use.uri, "version": 1}]
    assert record["edit"] == sent["edit"]
    assert "also changes src/use.py" in record["warnings"]
    assert two.runner.state()["logs"] == 0


def test_proposers_say_it_in_words_where_a_model_makes_the_changes(two):
    two = two()
    sketch = (
        "Call it cost.\n\nsrc/shop.py\n```python\ndef cost(item):\n    return item.cost\n```\n"
    )
    two.runner.script(
        a={"text": sketch}, b={"text": "I am sorry, I cannot do that."}, z={"text": RENAMED}
    )
    record = two.runner.result(two.run(mix="duo"))
    assert record["applied"] is True, record["reason"]
    assert [each["state"] for each in record["proposals"]] == ["ok", "rejected"]
    assert record["aggregation"] == {"by": "model", "model": "scripted/z"}
    assert two.use.text == USE.replace("price", "cost")


def test_no_edit_comes_of_words_alone(two):
    two = two()
    sketch = (
        "Call it cost.\n\nsrc/shop.py\n```python\ndef cost(item):\n    return item.cost\n```\n"
    )
    two.runner.script(a={"text": sketch}, b={"text": sketch}, z={"error": "busy"})
    record = two.runner.result(two.run(mix="duo"))
    assert record["state"] == "failed"
    assert two.edits == []
    assert two.shop.text == SHOP


@pytest.mark.parametrize(("name", "old"), [("shop", "sum(map"), ("use", "from shop")])
def test_L08_text_that_moved_inside_one_document_holds_back_all(two, name, old):
    two = two()
    two.runner.script(a={"text": RENAMED, "gate": "later"})
    run = two.run()
    two.runner.until(open=1)
    two.type(getattr(two, name), old, f"{old} ")
    before = two.shop.text, two.use.text
    two.runner.gate("later")
    record = two.runner.result(run)
    assert record["applied"] is False
    assert two.edits == []
    assert (two.shop.text, two.use.text) == before
    assert two.runner.told() == [f"Moa: {record['reason']}"]
    assert record["reason"].startswith(f"src/{name}.py changed inside the target")
    assert "kept for moa.apply" in record["reason"]
    two.type(getattr(two, name), f"{old} ", old)
    assert two.runner.client.command("moa.apply", {"run": run})["applied"] is True
    assert two.use.text == USE.replace("price", "cost")
    assert two.runner.state()["logs"] == 0


def test_L07_text_that_moved_outside_of_every_block_moves_the_edit_along(two):
    two = two()
    two.runner.script(a={"text": RENAMED, "gate": "later"})
    run = two.run()
    two.runner.until(open=1)
    two.type(two.use, "def show(item):", "def show(item):  # it")
    two.type(two.shop, "    return item.cost\n", "    return item.cost  # net\n")
    two.runner.gate("later")
    record = two.runner.result(run)
    assert record["applied"] is True, record["reason"]
    assert two.use.text == USE.replace("price", "cost").replace("(item):", "(item):  # it")
    assert "# net" in two.shop.text
    versions = [e["textDocument"]["version"] for e in two.edits[0]["edit"]["documentChanges"]]
    assert versions == [2, 2]


def test_L09_a_document_that_was_closed_meanwhile_holds_back_all(two):
    two = two()
    two.runner.script(a={"text": RENAMED, "gate": "later"})
    run = two.run()
    two.runner.until(open=1)
    two.runner.client.notify("textDocument/didClose", {"textDocument": {"uri": two.use.uri}})
    two.runner.gate("later")
    record = two.runner.result(run)
    assert record["applied"] is False
    assert two.edits == []
    assert "closed" in record["reason"]


def test_a_client_without_document_changes_has_one_document_changed(two):
    """The other one is not even shown, so an answer that changes it is refused."""
    two = two(able(workspace={"applyEdit": True, "workspaceEdit": {}}))
    two.runner.script(a={"text": f"```python\n{SHOP.replace('price', 'cost')}```\n"})
    record = two.runner.result(two.run())
    assert record["applied"] is True, record["reason"]
    (sent,) = two.edits
    assert list(sent["edit"]["changes"]) == [two.shop.uri]


def test_a_document_that_is_excluded_is_neither_shown_nor_changed(two):
    two = two()
    hidden = two.opened("secrets/keys.py", "KEY = 1\n")
    two.runner.script(a={"text": RENAMED.replace("src/use.py", "secrets/keys.py")})
    record = two.runner.result(two.run())
    assert record["state"] == "failed"
    assert "was not shown" in record["reason"]
    assert hidden.text == "KEY = 1\n"


@pytest.mark.parametrize("agrees", [True, False])
def test_a_new_file_is_made_with_the_user_s_agreement(two, agrees):
    two = two(ANNOTATED)
    two.agrees = agrees
    two.runner.script(a={"text": NEW_FILE})
    record = two.runner.result(two.run())
    assert record["needs_confirmation"] is True
    assert record["applied"] is agrees
    edit = two.edits[0]["edit"]
    create, fill, change = edit["documentChanges"]
    uri = (two.folder / "src/prices.py").as_uri()
    assert (create["kind"], create["uri"]) == ("create", uri)
    assert create["options"] == {"overwrite": False, "ignoreIfExists": False}
    assert fill["edits"][0]["newText"] == "def price(item):\n    return item.cost\n"
    assert change["textDocument"]["uri"] == two.shop.uri
    assert all(note["needsConfirmation"] for note in edit["changeAnnotations"].values())
    assert {create["annotationId"], fill["edits"][0]["annotationId"]} <= set(
        edit["changeAnnotations"]
    )
    assert not (two.folder / "src/prices.py").exists(), "the editor writes files"
    assert ("from prices import" in two.shop.text) is agrees


@pytest.mark.parametrize("agrees", [True, False])
def test_several_documents_and_a_new_file_are_previewed_together(two, agrees):
    two = two(able(experimental={"moa": {"preview": True}}))
    asked = []
    two.runner.client.answers["moa/preview"] = lambda params: (
        asked.append(params) or {"accept": agrees}
    )
    two.runner.script(a={"text": RENAMED})
    record = two.runner.result(two.run())
    assert record["applied"] is True, "the configuration asks never, where no file is made"
    two.runner.script(a={"text": NEW_FILE.replace("price", "cost")})
    record = two.runner.result(two.run())
    assert record["applied"] is agrees, record["reason"]
    (question,) = asked
    assert question["warnings"] == ["makes the new file src/costs.py", "src/shop.py: removes cost"]
    diff = question["diff"]
    assert diff.startswith("--- a/src/shop.py\n+++ b/src/shop.py\n")
    assert "--- /dev/null\n+++ b/src/costs.py\n@@ -0,0 +1,2 @@\n+def cost(item):\n" in diff
    assert len(two.edits) == (2 if agrees else 1)
    assert ("from costs import" in two.shop.text) is agrees


def test_a_new_file_that_nobody_can_agree_to_is_refused(two):
    two = two()
    two.runner.script(a={"text": NEW_FILE})
    record = two.runner.result(two.run())
    assert record["state"] == "failed"
    assert "cannot be agreed to" in record["reason"]
    assert two.edits == []
    assert two.shop.text == SHOP


def test_a_new_file_never_takes_another_one_s_place(two):
    two = two(ANNOTATED)
    (two.folder / "src/prices.py").write_text("mine\n")
    two.runner.script(a={"text": NEW_FILE})
    record = two.runner.result(two.run())
    assert record["state"] == "failed"
    assert "src/prices.py exists already" in record["reason"]
    assert two.edits == []


def test_A06_a_new_file_does_not_follow_a_link_out(two, tmp_path):
    two = two(ANNOTATED)
    (tmp_path / "outside").mkdir()
    (two.folder / "away").symlink_to(tmp_path / "outside")
    two.runner.script(a={"text": NEW_FILE.replace("src/prices.py", "away/prices.py")})
    record = two.runner.result(two.run())
    assert record["state"] == "failed"
    assert "does not lie in the workspace" in record["reason"]
    assert two.edits == []
