import pytest

from moa_lsp.syntax.symbols import symbols


def check(language, text, expected):
    """`expected`: kind and qualified name, first words of the span, header, start of the body."""
    found = [
        (
            f"{symbol.kind} {symbol.qualified}",
            text[symbol.span.start : symbol.span.end].split("\n")[0].strip(),
            text[symbol.header.start : symbol.header.end],
            text[symbol.body.start : symbol.body.end].split("\n")[0] if symbol.body else None,
        )
        for symbol in symbols(text, language)
    ]
    assert found == expected
    for symbol in symbols(text, language):
        assert symbol.span.start == 0 or text[symbol.span.start - 1] in "\r\n"
        assert symbol.span.end == len(text) or text[symbol.span.end] in "\r\n"


def test_python():
    check(
        "python",
        "import a\n"
        "@one\n"
        "@two(1)\n"
        "async def f(a,\n"
        "            b) -> int:  # why\n"
        "    # what\n"
        "    x = 1\n"
        "    def g(): pass\n"
        "\n"
        "class A(B):\n"
        '    """Doc."""\n'
        "    @property\n"
        "    def m(self):\n"
        "        return 1\n"
        "    n = lambda: 1\n",
        [
            ("function f", "@one", "async def f(a,\n            b) -> int:", "x = 1"),
            ("function f.g", "def g(): pass", "def g():", "pass"),
            ("class A", "class A(B):", "class A(B):", '"""Doc."""'),
            ("method A.m", "@property", "def m(self):", "return 1"),
        ],
    )


@pytest.mark.parametrize("language", ["typescript", "typescriptreact"])
def test_typescript(language):
    check(
        language,
        "/** doc */\n"
        "export default class A {\n"
        "  @dec x = () => 1;\n"
        "  @dec\n"
        "  m() {}\n"
        "}\n"
        "// not a doc comment\n"
        "const f = async (x) => { return 1 }, g = 2;\n"
        "\n"
        "interface I { a(): void }\n"
        "type T = 1;\n"
        "@c()\n"
        "export class K {}\n"
        "namespace N { export function z() {} }\n",
        [
            ("class A", "/** doc */", "export default class A", "{"),
            ("method A.x", "@dec x = () => 1;", "x = () =>", "1"),
            ("method A.m", "@dec", "m()", "{}"),
            (
                "function f",
                "const f = async (x) => { return 1 }, g = 2;",
                "f = async (x) =>",
                "{ return 1 }",
            ),
            ("interface I", "interface I { a(): void }", "interface I", "{ a(): void }"),
            ("method I.a", "interface I { a(): void }", "a(): void", None),
            ("type T", "type T = 1;", "type T = 1;", None),
            ("class K", "@c()", "export class K", "{}"),
            (
                "namespace N",
                "namespace N { export function z() {} }",
                "namespace N",
                "{ export function z() {} }",
            ),
            (
                "function N.z",
                "namespace N { export function z() {} }",
                "export function z()",
                "{}",
            ),
        ],
    )


def test_javascript():
    check(
        "javascript",
        "exports.z = function () {};\n"
        "A.prototype.q = function () {};\n"
        "function* gen() {}\n"
        "class B { c = () => {}\n d() {} }\n",
        [
            ("function exports.z", "exports.z = function () {};", "exports.z = function ()", "{}"),
            (
                "function A.q",
                "A.prototype.q = function () {};",
                "A.prototype.q = function ()",
                "{}",
            ),
            ("function gen", "function* gen() {}", "function* gen()", "{}"),
            ("class B", "class B { c = () => {}", "class B", "{ c = () => {}"),
            ("method B.c", "class B { c = () => {}", "c = () =>", "{}"),
            ("method B.d", "d() {} }", "d()", "{}"),
        ],
    )


def test_rust():
    check(
        "rust",
        "use x;\n"
        "/// Doc.\n"
        "#[cfg(test)]\n"
        "impl<T> Foo<T> for Bar<T> {\n"
        "    fn a() {}\n"
        "}\n"
        "pub struct S;\n"
        "pub trait T { fn x(); }\n"
        "macro_rules! z { () => {} }\n",
        [
            ("impl Bar", "/// Doc.", "impl<T> Foo<T> for Bar<T>", "{"),
            ("method Bar.a", "fn a() {}", "fn a()", "{}"),
            ("struct S", "pub struct S;", "pub struct S;", None),
            ("trait T", "pub trait T { fn x(); }", "pub trait T", "{ fn x(); }"),
            ("method T.x", "pub trait T { fn x(); }", "fn x();", None),
            (
                "macro z",
                "macro_rules! z { () => {} }",
                "macro_rules! z { () => {} }",
                None,
            ),
        ],
    )


def test_go():
    check(
        "go",
        "// A is.\n"
        "type A struct{}\n"
        "\n"
        "// far\n"
        "\n"
        "// M does\n"
        "// two lines.\n"
        "func (a *A[T]) M() {}\n"
        "type (\n"
        "\tB interface{}\n"
        ")\n",
        [
            ("struct A", "// A is.", "type A struct", "{}"),
            ("method A.M", "// M does", "func (a *A[T]) M()", "{}"),
            ("interface B", "type (", "type (\n\tB", "interface{}"),
        ],
    )


def test_java():
    check(
        "java",
        "/** Doc. */\n@A\npublic class X<T> {\n    X() {}\n    interface I { void k(); }\n}\n",
        [
            ("class X", "/** Doc. */", "@A\npublic class X<T>", "{"),
            ("method X.X", "X() {}", "X()", "{}"),
            ("interface X.I", "interface I { void k(); }", "interface I", "{ void k(); }"),
            ("method X.I.k", "interface I { void k(); }", "void k();", None),
        ],
    )


def test_cpp():
    check(
        "cpp",
        "int *A::f(int a) { return 0; }\n"
        "/// Doc.\n"
        "template<class T>\n"
        "struct S {\n"
        "  ~S() {}\n"
        "  T& r() { return x; }\n"
        "};\n"
        "struct Q use;\n"
        "typedef struct { int a; } P;\n"
        "namespace n { enum class E {A}; }\n",
        [
            (
                "function A.f",
                "int *A::f(int a) { return 0; }",
                "int *A::f(int a)",
                "{ return 0; }",
            ),
            ("struct S", "/// Doc.", "template<class T>\nstruct S", "{"),
            ("method S.~S", "~S() {}", "~S()", "{}"),
            ("method S.r", "T& r() { return x; }", "T& r()", "{ return x; }"),
            ("struct P", "typedef struct { int a; } P;", "typedef struct", "{ int a; }"),
            (
                "namespace n",
                "namespace n { enum class E {A}; }",
                "namespace n",
                "{ enum class E {A}; }",
            ),
            ("enum n.E", "namespace n { enum class E {A}; }", "enum class E", "{A}"),
        ],
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_spans_with_every_line_ending(ending):
    text = "x = 'é'\n@d\ndef f():\n    return 1\ny = 2\n".replace("\n", ending)
    (symbol,) = symbols(text, "python")
    expected = "@d\ndef f():\n    return 1".replace("\n", ending)
    assert text[symbol.span.start : symbol.span.end] == expected


def test_no_symbols_without_a_grammar():
    assert symbols("def f\nend\n", "plaintext") == []


def test_what_was_read_before_is_not_the_callers_to_change():
    text = "def f():\n    pass\n"
    symbols(text, "python").clear()
    assert [each.name for each in symbols(text, "python")] == ["f"]
