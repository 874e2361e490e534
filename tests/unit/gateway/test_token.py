"""The token's file: made once, for its user alone, and refused where others could have made it."""

import pytest

from moa_lsp.errors import UsageError
from moa_lsp.gateway.token import load_token


def test_it_is_made_once_and_readable_by_its_user_alone(tmp_path):
    path = tmp_path / "token"
    token, place = load_token(path)
    assert place == path
    assert len(token) >= 40
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_token(path) == (token, path)
    assert load_token(tmp_path / "another")[0] != token


def test_a_file_that_others_can_read_is_closed_to_them(tmp_path):
    path = tmp_path / "token"
    path.write_text("a-token-of-my-own\n")
    path.chmod(0o644)
    assert load_token(path)[0] == "a-token-of-my-own"
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_name_it_is_in_the_users_state_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    _, place = load_token()
    assert place.parent == tmp_path / "moa-lsp"


@pytest.mark.parametrize("content", ["", "short", "two words of a sentence", "a" * 20 + "\0"])
def test_what_is_no_token_is_refused(tmp_path, content):
    path = tmp_path / "token"
    path.write_text(content)
    with pytest.raises(UsageError):
        load_token(path)


def test_a_link_and_a_folder_are_refused(tmp_path):
    (tmp_path / "real").write_text("a-token-of-my-own")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("link", "", "nowhere/token"):
        with pytest.raises(UsageError):
            load_token(tmp_path / name)
