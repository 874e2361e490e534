"""What models never see, and where no action is offered (A05, A12)."""

import pytest

from moa_lsp.context.deny import DenyRules
from moa_lsp.files.guarded import guarded_by_name, secret_by_name

SECRET = [
    ".env",
    ".env.local",
    ".envrc",
    ".ENV",
    "prod.env",
    "a/.env",
    "server.pem",
    "x/y/tls.KEY",
    "a.p12",
    "b.pfx",
    "c.jks",
    "d.kdbx",
    "id_rsa",
    "id_ed25519",
    "id_rsa.pub",
    "id_ecdsa_sk.old",
    "home/.ssh/config",
    ".ssh/known_hosts",
    ".aws/config",
    "x/.aws/credentials",
    "credentials",
    "credentials.json",
    "Credentials.yml",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "prod.tfvars",
    ".kube/config",
    ".docker/config.json",
    "secrets.yaml",
    "service-account-prod.json",
    ".bash_history",
    ".git-credentials",
    ".env.",
    ".config/gcloud/x",
]
PLAIN = [
    "env.py",
    "environment.ts",
    "a/env",
    "keys.py",
    "key.rs",
    "pem.c",
    "id.py",
    "id_generator.py",
    "id_map.go",
    "idle",
    "ssh/config",
    "aws/x.py",
    "netrc",
    "npmrc",
    "my.envoy",
    "tfstate.go",
    "secrets.py",
    "secrets/x.py",
    "a.keys",
    "credential.py",
    "readme",
    "history.py",
    "src/main.rs",
    ".github/dependabot.yml",
    "idea.txt",
    "monkey",
]


@pytest.mark.parametrize("path", SECRET)
def test_a12_secret_by_name(path):
    assert secret_by_name(path)
    assert DenyRules().hidden(path, folder=False)
    assert DenyRules().hidden(f"deep/er/{path}", folder=False)


@pytest.mark.parametrize("path", PLAIN)
def test_not_secret_by_name(path):
    assert secret_by_name(path) is None
    assert not DenyRules().hidden(path, folder=False)


def test_names_of_files_are_not_those_of_folders():
    assert not DenyRules().hidden("id_service/main.py", folder=False)
    assert not DenyRules().hidden("credentials/main.py", folder=False)
    assert DenyRules().hidden(".ssh", folder=True)
    assert not DenyRules().hidden(".ssh", folder=False)


GUARDED = [
    ".vscode/settings.json",
    ".VSCode/tasks.json",
    "a/.idea/x.xml",
    "my.code-workspace",
    ".nvim.lua",
    ".exrc",
    ".git/config",
    ".git/hooks/pre-commit",
    ".envrc",
    ".github/workflows/ci.yml",
    ".cursorrules",
    ".cursor/mcp.json",
    "CLAUDE.md",
    "docs/AGENTS.md",
    ".github/copilot-instructions.md",
    ".moa/config.yaml",
    ".moa/mixes/a.yaml",
    ".claude/x",
    ".git./config",
]
FREE = [
    "vscode/x.json",
    ".gitignore",
    ".github/dependabot.yml",
    "git/x.py",
    "a.lua",
    "init.lua",
    "moa/config.yaml",
    "agents.py",
    "workflows/ci.yml",
    ".editorconfig",
]


@pytest.mark.parametrize("path", [*GUARDED, ".vscode /settings.json"])
def test_a05_guarded(path):
    assert guarded_by_name(path)
    assert guarded_by_name(f"/home/someone/project/{path}")


@pytest.mark.parametrize("path", FREE)
def test_not_guarded(path):
    assert guarded_by_name(path) is None


FILES = {".gitignore": "*.log\n!keep.log\n", "a/.gitignore": "/gen/\n", ".moaignore": "private/\n"}
HIDDEN = DenyRules.of(
    ("secrets/**", "*.sql"), FILES, allow=("dev.env", "x.log", "secrets/open.py")
)
WHY = [
    ("x.py", None),
    ("secrets/a.py", "`secrets/**` of context.exclude"),
    ("b/secrets/a.py", None),
    ("b/x.sql", "`*.sql` of context.exclude"),
    ("y.log", "`*.log` of .gitignore"),
    ("keep.log", None),
    ("a/gen/x.py", "`/gen/` of a/.gitignore"),
    ("gen/x.py", None),
    ("private/x.py", "`private/` of .moaignore"),
    (".env", "`.env*`, which holds secrets by its name"),
    ("dev.env", None),
    ("x.log", None),
    ("secrets/open.py", "`secrets/**` of context.exclude"),  # an exclusion is never taken back
]


@pytest.mark.parametrize(("path", "why"), WHY)
def test_why(path, why):
    assert HIDDEN.why(path) == why


def test_what_the_one_kind_takes_back_the_other_leaves_out():
    both = DenyRules.of((), {".gitignore": "*.a\n", ".moaignore": "!x.a\n"})
    assert both.hidden("x.a", folder=False)


def test_a13_an_exclusion_of_a_workspace_cannot_take_back_another():
    assert DenyRules.of(("*.sql", "!x.sql"), {}).hidden("x.sql", folder=False)


def test_allowed_files_are_told():
    assert HIDDEN.allows("dev.env")
    assert not HIDDEN.allows("x.py")
