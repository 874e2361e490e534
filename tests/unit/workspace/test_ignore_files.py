from moa_lsp.config.settings import ContextSettings
from moa_lsp.context.deny import DenyRules
from moa_lsp.workspace import ignore_files, limits
from moa_lsp.workspace.ignore_files import MAX_KEPT_RULES


def reads(monkeypatch):
    """The sets of ignore files that rules are made of from now on."""
    made = []
    of = DenyRules.of
    monkeypatch.setattr(
        DenyRules,
        "of",
        lambda exclude, texts, allow: made.append(set(texts)) or of(exclude, texts, allow),
    )
    return made


def test_rules_are_read_again_when_a_file_changes_and_not_before(tmp_path, monkeypatch):
    made = reads(monkeypatch)
    (tmp_path / ".gitignore").write_text("x\n")
    rules = [ignore_files.hidden(tmp_path, ContextSettings(), ["", "a"]) for _ in range(3)]
    assert made == [{".gitignore"}]
    assert rules[0].hidden("x", folder=False)
    (tmp_path / ".gitignore").write_text("y y\n")
    assert not ignore_files.hidden(tmp_path, ContextSettings(), ["", "a"]).hidden(
        "x", folder=False
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".moaignore").write_text("z\n")
    assert ignore_files.hidden(tmp_path, ContextSettings(), ["", "a"]).hidden("a/z", folder=False)
    assert len(made) == 3


def test_only_the_rules_used_last_are_kept(tmp_path, monkeypatch):
    made = reads(monkeypatch)
    for number in range(MAX_KEPT_RULES + 1):
        ignore_files.hidden(tmp_path, ContextSettings(exclude=(str(number),)), [""])
    ignore_files.hidden(tmp_path, ContextSettings(exclude=("1",)), [""])
    assert len(made) == MAX_KEPT_RULES + 1
    ignore_files.hidden(tmp_path, ContextSettings(exclude=("0",)), [""])
    assert len(made) == MAX_KEPT_RULES + 2


def test_a_file_that_is_too_large_leaves_out_its_folder(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / ".gitignore").write_text("#" * (limits.MAX_IGNORE_BYTES + 1))
    (tmp_path / "b" / ".gitignore").write_text("#" * 100)
    rules = ignore_files.hidden(tmp_path, ContextSettings(), ["", "a", "b"])
    assert rules.hidden("a/x.py", folder=False)
    assert not rules.hidden("b/x.py", folder=False)


def test_all_files_together_are_read_as_far_as_the_budget_goes(tmp_path):
    folders = [str(number) for number in range(10)]
    for name in folders:
        (tmp_path / name).mkdir()
        (tmp_path / name / ".gitignore").write_text("#" * (limits.MAX_IGNORE_TOTAL_BYTES // 5))
    rules = ignore_files.hidden(tmp_path, ContextSettings(), folders)
    hidden = [name for name in folders if rules.hidden(f"{name}/x", folder=False)]
    assert hidden == folders[5:]
