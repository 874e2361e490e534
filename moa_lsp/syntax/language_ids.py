"""Identifiers of languages that editors send, by the one that each has here.

LSP leaves identifiers to the client. VS Code sends its own (code.visualstudio.com, Language
Identifiers), Vim and Neovim the `filetype` (vim/vim, runtime/ftplugin and runtime/syntax), Helix
`language-id` or the name of its language (helix-editor/helix, languages.toml), Emacs the name of
the major mode without `-mode` and `-ts` (eglot) or that of `lsp-language-id-configuration`
(emacs-lsp/lsp-mode), Sublime Text the base scope without `source.` and `text.` (sublimelsp/LSP,
plugin/core/types.py), Zed and Kate the lower-cased name of their language. Data only:
``syntax/languages.py`` makes a table of it.
"""

ALIASES = {
    "shellscript": (
        "sh bash zsh ksh csh tcsh dash ash mksh pdksh bats ebuild eclass apkbuild "
        "pkgbuild shell-script shell-unix-generic envrc "
    ),
    "powershell": "ps1 pwsh powershell-mode",
    "bat": "dosbatch batch cmd btm",
    "python": (
        "starlark bzl bazel buck tiltfile skylark python2 python3 py xonsh python-ts ipython "
        "sconstruct"
    ),
    "javascript": "js js2 js3 rjs ecma ecmascript mjs flow javascript-ts node gjs-js",
    "javascriptreact": "jsx javascript.jsx js-jsx rjsx javascript-react js2-jsx web-jsx",
    "typescript": "ts mts cts deno typescript-ts",
    "typescriptreact": "tsx typescript.tsx typescript-tsx typescript-react tsx-ts web-tsx",
    "c": "c-ts ch lpc",
    "cpp": "c++ arduino cpp-ts c++-ts cxx qt-cpp avr-cpp",
    "cuda-cpp": "cuda",
    "csharp": "cs c-sharp csharp-ts csx",
    "objective-c": "objc objectivec objective_c obj-c",
    "objective-cpp": "objcpp objc++ objectivecpp objective-c++",
    "rust": "rs rust-ts rustic",
    "go": "golang go-ts",
    "gomod": "go.mod go-mod go.work gowork go-mod-ts",
    "gotmpl": "gohtmltmpl gotexttmpl go-template go-html-template helm-tpl",
    "java": "java-ts jsp-java",
    "kotlin": "kt kts kotlin-ts kotlin-script",
    "scala": "sbt scala-ts",
    "groovy": "gradle jenkinsfile jenkins groovy-gradle",
    "swift": "swift-ts swiftgyb",
    "fsharp": "fs f#",
    "vb": "vbnet visualbasic vba vbs vbscript vb6",
    "basic": "qb64 bbcbasic",
    "pascal": "objectpascal delphi freepascal lazarus opascal",
    "fortran": (
        "fortranfreeform fortranfixedform fortran-modern fortran_fixed-form fortran-free-form "
        "fortran-fixed-form f90 "
    ),
    "lisp": ("commonlisp common-lisp elisp emacs-lisp lisp-interaction lisp-data sbcl sly-mrepl "),
    "scheme": "racket guile chicken gambit geiser",
    "clojure": "clojurescript clojurec clojuredart edn babashka joker clojure-ts",
    "haskell": (
        "lhaskell haskell-literate haskell-persistent literate-haskell chaskell hsc haskell-ng "
    ),
    "ocaml": (
        "ocamlinterface ocaml-interface ocaml.interface ocamllex ocaml.menhir "
        "ocaml.ocamllex ocaml.mlx caml tuareg menhir reason-ocaml "
    ),
    "idris": "idris2 lidris2",
    "lean": "lean4 lean3",
    "erlang": "erl",
    "elixir": "ex exs elixir-ts",
    "ruby": "rb ruby-ts enh-ruby rbs irb rspec",
    "erb": "eruby html.erb embedded-ruby rhtml html-erb",
    "eex": "eelixir html-eex",
    "heex": "phoenix-heex html-heex heex-ts",
    "perl": "cperl perl5",
    "raku": "perl6",
    "lua": "lua-ts luarocks",
    "r": "rsplus ess-r r-ts rscript",
    "julia": "julia-ts",
    "matlab": "octave",
    "php": "php-ts php-only php3 phtml php_web html-php hack-php",
    "blade": "blade.php laravel-blade",
    "dockerfile": "docker containerfile dockerfile-ts",
    "makefile": "make automake makefile-gmake makefile-bsdmake bsdmake gnumakefile nmake",
    "cmake": "cmake-ts cmakelists",
    "terraform": (
        "tf hcl tfvars terraform-vars terraform-stack terraform-deploy terraform-test "
        "terraform-mock opentofu opentofu-vars packer docker-bake dockerbake nomad "
    ),
    "viml": "vim vimscript vimrc",
    "sql": (
        "mysql pgsql postgres postgresql plsql tsql mssql sqlite sqloracle sqlinformix "
        "sqlanywhere sqlhana hive-sql spark-sql flinksql jinja-sql bigquery snowflake-sql "
        "esqlc redshift "
    ),
    "graphql": "gql",
    "proto": "protobuf proto3 protobuf-ts",
    "css": "postcss tailwindcss css-ts",
    "less": "less-css",
    "scss": "scss-ts",
    "stylus": "styl",
    "html": "htm xhtml html.basic html-ts mhtml html5 web htmlm4 superhtml",
    "jinja": (
        "jinja2 jinja-html htmldjango django-html django django-txt htmljinja html.jinja "
        "j2 nunjucks.html "
    ),
    "handlebars": ("hbs html.handlebars mustache html.mustache htmlbars glimmer handlebars-html "),
    "twig": "html.twig twig-html",
    "razor": "aspnetcorerazor cshtml html.cshtml",
    "pug": "jade",
    "vue": "vue-html vue-ts",
    "svelte": "svelte-ts",
    "xml": (
        "nxml xsl xslt xsd svg plist wsdl docbk docbkxml docbook ant maven msbuild rng "
        "resx xaml fxml dita relaxng "
    ),
    "json": (
        "json-ts jsonl json-ld jsonld json.openapi avro ipynb jupyter notebook-json "
        "composer geojson "
    ),
    "jsonc": ("json5 jsonnet-c code-workspace hjson cjson tsconfig eslintrc json-with-comments "),
    "yaml": (
        "yaml-ts yaml.ansible ansible ansible-jinja yaml.docker-compose docker-compose "
        "dockercompose yaml.github github-actions github-action github-actions-workflow "
        "yaml.ghaction yaml.gitlab gitlab-ci yaml.helm-values helm helm-values home-assistant "
        "esphome azure-pipelines bitbucket-pipelines woodpecker-ci spring-boot-properties-yaml "
        "salt sls saltstack eyaml cloudformation openapi kubernetes yml "
    ),
    "toml": "toml-ts conf-toml cargo miseconfig jjconfig git-cliff",
    "ini": (
        "dosini cfg conf confini editorconfig conf-unix conf-windows conf-space conf-colon "
        "generic-config conf-desktop inifile swayconfig "
    ),
    "properties": (
        "jproperties java-properties javaproperties conf-javaprop spring-boot-properties "
    ),
    "gitconfig": "git-config gitconfig-mode",
    "gitignore": "git-ignore ignore dockerignore npmignore gitignore-mode",
    "gitattributes": "git-attributes",
    "git-commit": "gitcommit git-commit-ts commit-msg jjdescription",
    "git-rebase": "gitrebase",
    "latex": "tex plaintex latex-expl3 doctex tex-mode context rsweave rnw lytex",
    "bibtex": "bib biblatex",
    "markdown": (
        "md mdx gfm pandoc rmd rmarkdown quarto qmd markdown-rustdoc markdown.mdx "
        "markdown.inline livebook poly-markdown markdown-math prompt instructions "
        "chatagent chatmode skill markdown_inline "
    ),
    "restructuredtext": "rst rst-mode",
    "plaintext": (
        "text txt fundamental plain plain-text help log code-text-binary normal none "
        "undefined unknown text-mode "
    ),
    "diff": "patch git-diff udiff diff-mode",
    "rescript": "res",
    "reason": "reasonml",
    "solidity": "sol",
    "systemverilog": "verilog_systemverilog sv",
    "asm": ("nasm masm gas-intel asm-collection tasm fasm yasm armasm x86asm vmasm asm68k avra "),
    "wat": "wast wasm webassembly",
    "gdscript": "gdscript3 gd",
    "robotframework": "robot robot-framework",
    "gherkin": "cucumber feature",
    "devicetree": "dts",
    "prolog": "swi-prolog",
    "nu": "nushell",
    "mermaid": "mmd",
    "pip-requirements": "requirements requirementstxt",
    "typst": "typ",
    "tcl": "expect",
}
"""Other identifiers of a language, by the one that it has here."""
