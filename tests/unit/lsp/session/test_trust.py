"""What hangs on trust, without a process."""

import asyncio
import logging

import pytest

from moa_lsp.config.catalog import load_catalog
from moa_lsp.errors import UsageError
from moa_lsp.lsp.edits.tracked_snapshot import hold
from moa_lsp.lsp.session import trust
from moa_lsp.runs.preparation import ActionRequest, prepare
from moa_lsp.text.span import Span
from tests.fakes.desk import ABLE, folder, write_config
from tests.fakes.inner_desk import InnerDesk

MIX = "name: own\nproposers: [{{model: embedded/{}}}]\n"

CLEAR = [({"trusted": True}, True), ({"trusted": False, "more": 1}, False)]
UNCLEAR = [None, {}, [], 5, {"trusted": None}, {"trusted": "true"}, {"trusted": 1}]


@pytest.mark.parametrize(("params", "says"), CLEAR)
def test_what_a_notification_says(params, says):
    assert trust.trusted(params) is says


@pytest.mark.parametrize("params", UNCLEAR)
def test_a_notification_that_is_not_clear_is_none(params):
    with pytest.raises(ValueError, match="`trusted` must be"):
        trust.trusted(params)


A, B, C = "file:///a", "file:///b", "file:///c"


@pytest.mark.parametrize(
    ("params", "folders"),
    [
        ({"trusted": True}, [A, B]),
        ({"trusted": True, "folders": None}, [A, B]),
        ({"trusted": True, "folders": []}, []),
        ({"trusted": False, "folders": [B]}, [B]),
        ({"trusted": True, "folders": [f"{A}/", C]}, [A]),
    ],
)
def test_which_folders_a_notification_means(params, folders):
    assert trust.meant(params, [A, B]) == folders


@pytest.mark.parametrize("folders", [A, [1], {"uri": A}, [None], 5])
def test_folders_that_are_not_clear_are_none(folders):
    with pytest.raises(ValueError, match="`folders` must be"):
        trust.meant({"trusted": True, "folders": folders}, [A])


@pytest.mark.parametrize(
    ("added", "removed", "first", "uris"),
    [
        ([B], [], True, [A, B]),
        ([B], [A], False, [B]),
        ([A], [A], False, [A]),  # opened anew
        ([A], [], True, [A]),  # it is open already
        ([f"{A}/"], [], True, [A]),
        ([], [f"{A}/"], False, []),
    ],
)
def test_a_folder_that_is_added_is_not_trusted(added, removed, first, uris):
    folders = trust.Folders()
    folders.open([A], trusts=True)
    folders.change(added, removed)
    assert folders.first_trusted is first
    assert folders.uris == uris
    folders.trust([B, C], trusts=True)
    assert folders.first_trusted is (first or uris[:1] == [B])
    assert folders.uris == uris


def workspace(root, tool="ruff"):
    (root / ".moa" / "mixes").mkdir(parents=True, exist_ok=True)
    (root / ".moa" / "mixes" / "own.yaml").write_text(MIX.format(tool))
    return root


def test_each_content_of_a_folders_mix_is_announced_once(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    announced = trust.Announcements()

    def read(trusted=True):
        where = {"config": tmp_path / "none.yaml", "workspace": workspace(tmp_path / "w", tool)}
        catalog = load_catalog(**where, trusted=trusted, environ={})
        announced.make(catalog)
        return catalog

    tool = "ruff"
    read(trusted=False)
    assert caplog.messages == []
    first = read()
    read()
    tool = "skeleton"
    second = read()
    hashes = [each.mixes["own (workspace)"].mix.hash for each in (first, second)]
    assert len(caplog.messages) == 2
    for said, hashed in zip(caplog.messages, hashes, strict=True):
        assert hashed in said
        assert "own (workspace)" in said


async def test_L22_a_run_that_was_prepared_while_the_folder_was_trusted_does_not_begin(tmp_path):
    """Between the two lies a thread: trust may go in that moment."""
    runner = InnerDesk(write_config(tmp_path / "config"))
    await runner.wire.initialize(
        capabilities=ABLE,
        workspaceFolders=[folder(workspace(tmp_path / "w"))],
        initializationOptions={"trusted": True},
    )
    runner.open("file:///a.py", "x=1\n")
    session = runner.fake.session
    held = hold(session.server.documents, "file:///a.py")
    async with session.lease() as runtime:
        action_request = ActionRequest(
            "refactor", held.snapshot, Span(0, 3), mix="own (workspace)"
        )
        prepared = await asyncio.to_thread(prepare, runtime, action_request)
        runner.wire.tell("moa/didChangeTrust", {"trusted": False})
        assert session.setup_now is None, "nothing of the folder counts any more"
        offers = await runner.offers(runner.buffer.range(0, 3))
        assert offers
        assert not any("workspace" in each["title"] for each in offers)
        with pytest.raises(UsageError, match="no longer trusted"):
            session.begin(runtime, prepared, held)
    held.release()
    assert session.jobs.active == 0
    await runner.call("shutdown", None)
