"""How comments are written in languages of which little more is known. Data only.

Sources: `commentstring` of Vim's runtime/ftplugin (vim/vim), `comment-tokens`,
`block-comment-tokens` and `file-types` of languages.toml (helix-editor/helix).
"""

_C = ("/*", "*/")
_XML = ("<!--", "-->")

COMMENTED: tuple[tuple[str | None, tuple[str, str] | None, str], ...] = (
    (
        "#",
        None,
        "aap alsaconf apache arch autopkgtest awk bitbake caddyfile capnp cdrdaoconf cgdbrc "
        "chatito codeowners coffeescript crm crontab cylc cython deb822sources "
        "debcontrol debian debsources denyhosts desktop dictconf dictdconf dircolors doxyfile "
        "dunstrc earthfile elinks elvish env esdl eterm exports fetchmail fga "
        "fstab fvwm gas gdb gdscript gherkin ghostty git-cliff-config git-commit git-notes "
        "git-rebase gitattributes gitconfig gitignore gitrevlist gn gnuplot goaccess gpg grub "
        "hamster hlsplaylist hocon hostconf hosts http hurl hyprlang i3config iex inko janet "
        "jq just kconfig kitty kivy koto ldapconf ldif lftp libao limits llvm-mir-yaml "
        "loginaccess logindefs lpf lynx mailaliases mailcap manconf mbsync meson modconf mojo "
        "mplayerconf mrxvtrc mss muttrc nanorc nearley neomuttrc nestedtext netrc nginx "
        "nickel nu objdump ondir openvpn org pamconf pbtxt pinfo pip-requirements po "
        "poefilter procmail protocols prql ps1xml pymanifest racc raku readline rego remind "
        "rnc rnoweb robotframework robots.txt roc routeros rpmspec rrst sage samba scfg "
        "screen sed sensors services setserial shellcheckrc sieve skhd slim slpconf slpreg "
        "slpspi smali snakemake solution spajson ssh_client_config sshconfig sudoers sysctl "
        "systemd task tcl terminfo textproto tidy tilt tmux treetop uci udevconf udevperm "
        "udevrules updatedb usd varlink vhs werk wget wget2 wks xcompose xf86conf xinetd "
        "zathurarc zimbu",
    ),
    (
        "//",
        None,
        "actionscript adl al amber antlr4 apex asciidoc bpftrace cairo cedar cel circom "
        "cmakecache corn cpon cue cypher dax drools fidl flatbuffers gdshader gleam gomod "
        "hack hare hlsl ishd javacc kerml koka mlir move opencl pkl poke pq "
        "prisma pug quake rasi shaderlab smithy sourcepawn soy spicedb squirrel stylus styx "
        "supercollider sway swig tact templ tolk tql ttcn3 ungrammar vdf xkb",
    ),
    (
        "//",
        _C,
        "alloy bicep blueprint c3 chuck codeql concerto cuda-cpp devicetree dot gjs glsl "
        "gotmpl gts haxe ink jsonnet kcl kdl mint moonbit odin ohm openscad pest ponylang ptx "
        "qml quint reason rescript ripple ron slang slint spade systemverilog tablegen thrift "
        "typespec typst vala verilog wesl wgsl wit yara",
    ),
    (
        ";",
        None,
        "abnf ahk2 autohotkey autoit bass beancount bindzone dbml dune fennel godot-resource "
        "hy ledger llvm llvm-mir m17ndb nsis obse registry scdoc sexplib slisp ssa t32 tiasm "
        "tsq urlshortcut xtc yuck",
    ),
    (
        "--",
        None,
        "agda applescript cabal cook eiffel gpr ipkg karel lc occam penrose unison vhdl",
    ),
    (
        None,
        _XML,
        "dtd eex ejs erb heex markdoc mediawiki webc wikitext",
    ),
    (
        None,
        _C,
        "asy calendar dtrace framescript gel indent ld lnk",
    ),
    (
        None,
        ("(*", "*)"),
        "bovex ebnf mma modula3 proverif sml",
    ),
    (
        "%",
        None,
        "bst lprolog pdf postscr",
    ),
    (
        None,
        ("{#", "#}"),
        "jinja nunjucks tera twig",
    ),
    (
        "!",
        None,
        "modula2 xdefaults xmodmap",
    ),
    (
        "--",
        ("{-", "-}"),
        "dhall gren idris",
    ),
    (
        "'",
        None,
        "brightscript freebasic",
    ),
    (
        "#",
        _C,
        "puppet",
    ),
    (
        "%",
        _C,
        "picat prolog",
    ),
    (
        ";;",
        ("(;", ";)"),
        "wat",
    ),
    (
        '"',
        None,
        "abap",
    ),
    (
        "%#",
        None,
        "embedded-perl",
    ),
    (
        "%%",
        None,
        "mermaid",
    ),
    (
        "*>",
        None,
        "cobol",
    ),
    (
        "-#",
        None,
        "haml",
    ),
    (
        "--",
        ("--[[", "--]]"),
        "teal",
    ),
    (
        "--",
        ("--[[", "]]"),
        "luau",
    ),
    (
        "--",
        ("/-", "-/"),
        "lean",
    ),
    (
        "..",
        None,
        "strictdoc",
    ),
    (
        '."',
        None,
        "nroff",
    ),
    (
        "::",
        None,
        "hoon",
    ),
    (
        ";;",
        None,
        "clarity",
    ),
    (
        "NB.",
        None,
        "j",
    ),
    (
        "REM",
        None,
        "basic",
    ),
    (
        "\\",
        None,
        "forth",
    ),
    (
        "\\*",
        ("(*", "*)"),
        "tlaplus",
    ),
    (
        "dnl",
        None,
        "m4",
    ),
    (
        None,
        ("$(", "$)"),
        "metamath",
    ),
    (
        None,
        ("(", ")"),
        "uxntal",
    ),
    (
        None,
        ("@*", "*@"),
        "razor",
    ),
    (
        None,
        ("{% comment %}", "{% endcomment %}"),
        "liquid",
    ),
    (
        None,
        ("{%", "%}"),
        "djot",
    ),
    (
        None,
        ("{{!", "}}"),
        "glimmer",
    ),
    (
        None,
        ("{{!--", "--}}"),
        "handlebars",
    ),
    (
        None,
        ("{{#", "#}}"),
        "vento",
    ),
    (None, ("{{--", "--}}"), "blade"),
)
"""What starts a comment to the end of a line, what opens and closes a block, and the languages of
which that is known. Sources: `commentstring` of Vim's runtime/ftplugin, `comment-tokens` and
`block-comment-tokens` of Helix."""

EXTENSIONS = (
    "abap .abap; actionscript .as; agda .agda; alloy .alloy; apex .apex; awk .awk .gawk .nawk "
    ".mawk; bicep .bicep .bicepparam; c3 .c3 .c3i .c3t; cairo .cairo; capnp .capnp; cel .cel; "
    "circom .circom; clarity .clar; cobol .cob .cbl; codeql .ql .qll; coffeescript .coffee; "
    "cuda-cpp .cu .cuh; cue .cue; cython .pxd .pxi .pyx; devicetree .dts .dtsi; dhall .dhall; "
    "dot .dot; eex .eex; eiffel .e; ejs .ejs; elvish .elv; erb .erb; fennel .fnl .fnlm; "
    "flatbuffers .fbs; forth .forth .fth .4th; gdscript .gd; gherkin .feature; gjs .gjs; "
    "gleam .gleam; glsl .glsl .vert .tesc .tese .geom .frag; gts .gts; haml .haml; handlebars "
    ".hbs .handlebars; hare .ha; haxe .hx; heex .heex; hlsl .hlsl; hy .hy; idris .idr; inko "
    ".inko; janet .cgen .janet .jdn; jinja .jinja .jinja2 .j2; jq .jq; jsonnet .libsonnet "
    ".jsonnet; kdl .kdl; koka .kk; lean .lean; liquid .liquid; llvm .ll; luau .luau; mermaid "
    ".mermaid .mmd; mojo .mojo; moonbit .mbt .mbti; move .move; nickel .ncl; nu .nu .nuon; "
    "nunjucks .njk; odin .odin; openscad .scad; pkl .pkl .pcf; ponylang .pony; prisma "
    ".prisma; prolog .prolog; prql .prql; pug .pug; qml .qml; raku .raku .rakumod; razor "
    ".cshtml .razor; rego .rego; rescript .res; robotframework .robot .resource; ron .ron; "
    "shaderlab .shader; slim .slim; smali .smali; sml .sml .sig .fun; sourcepawn .sp .inc; "
    "stylus .styl; supercollider .scd .quark; systemverilog .sv .svh; tact .tact; tcl .tcl; "
    "teal .tl; templ .templ; thrift .thrift; tlaplus .tla; twig .twig; typespec .tsp; typst "
    ".typst .typ; unison .u; vala .vala .vapi; verilog .vh; vhdl .vhd .vhdl; wat .wat; wgsl "
    ".wgsl; wit .wit "
)
"""Extensions of those that are source code, by Helix; ``;`` ends each."""

WORDS = (
    "git-commit git-rebase git-notes gherkin org mediawiki wikitext robotframework asciidoc djot "
    "erb ejs eex heex razor handlebars twig jinja nunjucks liquid blade haml slim pug webc "
    "markdoc templ gotmpl"
)
"""Those in which brackets need not balance: words for people, or templates of such."""
