;; Emacs 29 or newer. M-x eglot in a buffer, then M-x eglot-code-actions.
;; eglot knows one server for a buffer: this one then takes the place of another.
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((python-mode python-ts-mode) . ("moa-lsp" "serve"))))
