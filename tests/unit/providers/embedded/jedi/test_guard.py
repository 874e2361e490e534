import os

import pytest

from moa_lsp.providers.embedded.jedi.guard import ForbiddenOperation, Workspace, guard


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
@pytest.mark.parametrize(
    ("name", "closed"),
    [
        ("fine.py", False),
        ("inside.py", False),  # a link that stays in the folder
        ("missing.py", False),
        ("out.py", True),
        ("private/notes.py", True),  # through a folder
        ("private", True),
        ("pipe.py", True),
        ("zero.py", True),
        ("../elsewhere/notes.py", False),  # not below the folder: of the interpreter, or nobody's
    ],
)
def test_no_link_is_followed_out_of_the_folder_and_only_files_are_read(tmp_path, name, closed):
    root, elsewhere = tmp_path / "work", tmp_path / "elsewhere"
    for folder in (root, elsewhere):
        folder.mkdir()
    (elsewhere / "notes.py").write_text("def outside(): pass\n")
    (root / "fine.py").write_text("def inside(): pass\n")
    (root / "inside.py").symlink_to(root / "fine.py")
    (root / "out.py").symlink_to(elsewhere / "notes.py")
    (root / "private").symlink_to(elsewhere)
    (root / "zero.py").symlink_to("/dev/zero")
    os.mkfifo(root / "pipe.py")
    workspace = Workspace()
    hook = guard((), workspace)
    for entered in (root, tmp_path / "link"):
        if entered != root:
            entered.symlink_to(root)
        workspace.enter(str(entered))
        for event, arguments in (
            ("open", (str(entered / name), "rb", os.O_RDONLY)),
            ("os.listdir", (str(entered / name),)),
            ("os.scandir", (entered / name,)),
        ):
            if closed:
                with pytest.raises(ForbiddenOperation):
                    hook(event, arguments)
            else:
                hook(event, arguments)
