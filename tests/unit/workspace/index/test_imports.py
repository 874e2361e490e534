"""Imports by grammar: for each the keys it may mean, the likeliest first."""

import pytest

from moa_lsp.syntax.tree import parse
from moa_lsp.workspace.index.imports import MAX_FILE_IMPORTS, imports

ROWS = [
    ("python", "m.py", "import a.b", [("a/b",)]),
    ("python", "m.py", "import a, b.c as d", [("a",), ("b/c",)]),
    ("python", "m.py", "from a.b import c, d as e", [("a/b/c", "a/b"), ("a/b/d", "a/b")]),
    ("python", "m.py", "from a import *", [("a",)]),
    ("python", "p/q/m.py", "from . import x", [("/p/q/x", "/p/q")]),
    ("python", "p/q/m.py", "from ..r import x", [("/p/r/x", "/p/r")]),
    ("python", "p/m.py", "from .... import x", []),
    ("python", "m.py", "from . import x", [("/x",)]),
    ("python", "m.py", "def f():\n    import a\n", [("a",)]),
    ("python", "m.py", "import a\nimport a\n", [("a",)]),
    ("python", "m.py", "'import a'\n# import b\n", []),
    ("python", "m.py", "import\nfrom x import\n", []),
    ("javascript", "s/m.js", "import a from './x.js'", [("/s/x",)]),
    ("javascript", "s/m.js", "const a = require('../x')", [("/x",)]),
    ("javascript", "s/m.js", "const a = other('../x')", []),
    ("javascript", "s/m.js", "import 'react'", []),
    ("javascriptreact", "s/m.jsx", "import A from './A'", [("/s/A",)]),
    ("javascript", "s/m.js", "import a from './lib/index.js'", [("/s/lib/index", "/s/lib")]),
    ("typescript", "s/m.ts", "export * from './x'", [("/s/x",)]),
    ("typescript", "s/m.ts", "import type { A } from './x.d.ts'", [("/s/x",)]),
    ("typescript", "s/m.ts", "const a = await import('./x')", [("/s/x",)]),
    ("typescript", "s/m.ts", "import x = require('./x')", [("/s/x",)]),
    ("typescriptreact", "s/m.tsx", "import { a } from '@/lib/x'", [("lib/x",)]),
    ("typescript", "s/m.ts", "import a from '../../../x'", []),
    ("rust", "src/lib.rs", "mod net;", [("/src/net",)]),
    ("rust", "src/net.rs", "mod tcp;", [("/src/net/tcp",)]),
    ("rust", "src/lib.rs", "mod here { fn f() {} }", []),
    ("rust", "src/a.rs", "use crate::net::Tcp;", [("net/Tcp", "net")]),
    ("rust", "src/a.rs", "use crate::net::{tcp, udp::{A, B as C}};",
     [("net/udp/B", "net/udp", "net"), ("net/udp/A", "net/udp", "net"), ("net/tcp", "net")]),
    ("rust", "src/net/a.rs", "use super::b::C;", [("/src/net/b/C", "/src/net/b")]),
    ("rust", "src/a.rs", "use other::b::C;", [("other/src/b/C", "other/src/b", "other/src",
                                               "other")]),
    ("go", "m.go", 'package m\nimport "fmt"', [("fmt",)]),
    ("go", "m.go", 'package m\nimport (\n  x "example.com/mod/pkg/sub"\n)',
     [("example.com/mod/pkg/sub", "mod/pkg/sub", "pkg/sub", "sub")]),
    ("java", "M.java", "import com.x.Y;", [("com/x/Y", "com/x")]),
    ("java", "M.java", "import static com.x.Y.z;", [("com/x/Y/z", "com/x/Y")]),
    ("c", "src/m.c", '#include "net/tcp.h"', [("/src/net/tcp", "net/tcp")]),
    ("cpp", "src/m.cpp", "#include <vector>", [("vector",)]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "path", "text", "expected"), ROWS)
def test_imports(language, path, text, expected):
    found = imports(parse(text, language), path)
    assert sorted(found) == sorted(expected)


def test_they_stand_in_document_order():
    text = "import b\nfrom a import c\nimport a\n"
    assert imports(parse(text, "python"), "m.py") == [("b",), ("a/c", "a"), ("a",)]


def test_a_file_of_imports_is_cut():
    text = "".join(f"import m{number}\n" for number in range(MAX_FILE_IMPORTS + 50))
    assert len(imports(parse(text, "python"), "m.py")) == MAX_FILE_IMPORTS


def test_braces_without_end_are_cut():
    text = "use " + "a::{b," * 300 + "c" + "}" * 300 + ";"
    assert len(imports(parse(text, "rust"), "m.rs")) <= MAX_FILE_IMPORTS
