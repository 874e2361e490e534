;; Emacs 29 or newer, with its own eglot. Open a file, M-x eglot; mark a region, M-x eglot-code-actions.
;; Eglot has one server for a buffer: with this line it is moa-lsp, in place of the language's own.
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((python-mode python-ts-mode) . ("moa-lsp" "serve"))))
