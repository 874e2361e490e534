"""Imports that nothing in a project knows (A09)."""

import pytest

from moa_lsp.syntax.dependencies import declared, is_manifest
from moa_lsp.syntax.imports import ProjectImports, foreign, imported

TEXTS = {
    "python": (
        "python",
        "import os, numpy.linalg as la\nfrom a.b import c\nfrom . import d\nfrom .e import f\n"
        "def g():\n    import h\n    try:\n        import i\n    except ImportError: pass\n"
        "s = 'import j'\n# import k\nfrom __future__ import annotations\n",
        ("os", "numpy", "a", "h", "i"),
    ),
    "javascript": (
        "javascript",
        "import a from 'b/c';\nimport '@s/d/e';\nexport * from \"f\";\nconst g = require('h');\n"
        "import('i'); require(j); import k from './l'; import m from '@/n'; import o from '#p';\n"
        "// import q from 'r'\n",
        ("b", "@s/d", "f", "h", "i"),
    ),
    "typescript": (
        "typescript",
        "import type {A} from 'a';\nimport b = require('c');\nimport d from 'https://e.x/f.ts';\n"
        "import g from 'npm:h@1/i';\n",
        ("a", "c", "https://e.x/f.ts", "h@1"),
    ),
    "tsx": ("typescriptreact", "import React from 'react';\n", ("react",)),
    "go": (
        "go",
        'package m\nimport "fmt"\nimport (\n\tx "github.com/a/b"\n\t_ "c.d/e"\n)\n',
        ("fmt", "github.com/a/b", "c.d/e"),
    ),
    "rust": (
        "rust",
        "use std::io;\nuse serde::{Serialize, de};\nuse ::rand::Rng as R;\nextern crate libc;\n"
        "pub use self::a; use {tokio::fs, anyhow};\nuse Enum::*;\n",
        ("std", "serde", "rand", "libc", "self", "tokio", "anyhow"),
    ),
    "java": (
        "java",
        "import java.util.List;\nimport static org.junit.A.*;\nimport com.google.common.x.Y;\n",
        ("java.util", "org.junit", "com.google"),
    ),
    "another language": ("ruby", "require 'x'\n", ()),
    "nothing": ("python", "x = 1\n", ()),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_text_imports(name):
    language, text, wanted = TEXTS[name]
    assert imported(text, language) == wanted


PYPROJECT = """
[project]
name = "my-app"
dependencies = ["requests>=2", "scikit-learn ; python_version > '3'", "ruamel.yaml[jinja2]"]
optional-dependencies = {x = ["Pillow"]}
[dependency-groups]
test = ["pytest", {include-group = "x"}]
[tool.poetry.group.dev.dependencies]
python-dateutil = "*"
"""
PACKAGE = """{"name": "me", "dependencies": {"react": "1", "@s/d": "2"},
 "devDependencies": {"@types/node-fetch": "1", "vite": "3"}}"""
CARGO = """
[package]
name = "my-crate"
[dependencies]
serde = "1"
tokio-util = {version = "1"}
[target.'cfg(unix)'.dependencies]
nix = "1"
[workspace.dependencies]
rand = "1"
"""
GO = """module example.com/me

go 1.22

require github.com/a/b v1.0.0
require (
\tc.d/e v2.1.0 // indirect
)
"""
POM = "<project><dependency><groupId>com.google.guava</groupId><artifactId>guava</artifactId>"
GRADLE = "dependencies { implementation 'org.apache.commons:commons-lang3:3.1' }"

KNOWN = {
    "pyproject": (
        "python",
        "pyproject.toml",
        PYPROJECT,
        ["requests", "sklearn", "ruamel", "PIL", "pytest", "dateutil", "my_app"],
        ["flask", "x"],
    ),
    "requirements": (
        "python",
        "requirements-dev.txt",
        "# c\nPyYAML==6\n-r x.txt\nzope.interface\n",
        ["yaml"],
        ["c", "r"],
    ),
    "setup.py": (
        "python",
        "setup.py",
        "setup(install_requires=['flask>=1'])",
        ["flask"],
        ["jinja"],
    ),
    "a broken pyproject": ("python", "pyproject.toml", "[project\nflask", ["flask"], ["django"]),
    "an odd pyproject": (
        "python",
        "pyproject.toml",
        "project = 5\ntool = 'flask'",
        ["flask"],
        ["x"],
    ),
    "package.json": (
        "script",
        "package.json",
        PACKAGE,
        ["react", "@s/d", "node-fetch", "vite", "me"],
        ["@s/e", "preact"],
    ),
    "cargo": (
        "rust",
        "Cargo.toml",
        CARGO,
        ["serde", "tokio_util", "nix", "rand", "my_crate"],
        ["tokio"],
    ),
    "go.mod": (
        "go",
        "go.mod",
        GO,
        ["github.com/a/b", "github.com/a/b/c", "c.d/e", "example.com/me/x"],
        ["github.com/a/bc", "github.com/a"],
    ),
    "pom": ("java", "pom.xml", POM, ["com.google"], ["org.junit"]),
    "gradle": ("java", "build.gradle.kts", GRADLE, ["org.apache"], ["com.google"]),
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_a_manifest_declares(name):
    family, file, text, known, unknown = KNOWN[name]
    assert is_manifest(file)
    found = declared({f"folder/{file}": text}, family)
    assert [each for each in known if not found.covers(each)] == []
    assert [each for each in unknown if found.covers(each)] == []


def test_a_manifest_of_another_language_declares_nothing():
    assert not declared({"w/package.json": PACKAGE}, "python").covers("react")
    assert not is_manifest("data.json")


PROJECT = ProjectImports(
    {"w/pyproject.toml": PYPROJECT, "w/package.json": PACKAGE}, frozenset({"util"})
)

FOREIGN = {
    "a name made up": ("", "import reqeusts\n", "python", ("reqeusts",)),
    "known in every way": (
        "import flask\n",
        "    import os, requests, util.x\n    import flask.views\n",
        "python",
        (),
    ),
    "in a method's body": (
        "",
        "    from magic import wand\n    return wand\n",
        "python",
        ("magic",),
    ),
    "node's own": ("", "import fs from 'fs'; import 'node:new';\n", "javascript", ()),
    "a package of a scope": ("", "import x from '@s/other/deep';\n", "typescript", ("@s/other",)),
    "a folder of the project": ("", "import x from 'util/x';\n", "typescript", ()),
    "go's own": ("", 'package m\nimport "net/http"\nimport "evil.com/x"\n', "go", ("evil.com/x",)),
    "rust's own, and a module": (
        "mod shapes;\n",
        "use std::fs;\nuse crate::x;\nuse shapes::S;\nmod inner {}\nuse inner::y;\nuse evil::z;\n",
        "rust",
        ("evil",),
    ),
    "java's own, and the document's package": (
        "package com.me.app;\n",
        "import java.util.List;\nimport com.me.other.X;\nimport com.evil.Y;\n",
        "java",
        ("com.evil",),
    ),
    "no language of ours": ("", "require 'x'\n", "ruby", ()),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_A09_what_nothing_knows(name):
    before, new, language, wanted = FOREIGN[name]
    assert foreign(before, new, language, PROJECT) == wanted
