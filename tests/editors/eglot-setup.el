;; In an Emacs under test: eglot as the tests want it, and waiting; loaded before a script.
(require 'eglot)
(require 'flymake)
(setq eglot-sync-connect 60 python-indent-guess-indent-offset nil make-backup-files nil)

(defun moa-test-wait (what done)
  (with-timeout (60 (error "never came: %s" what))
    (while (not (funcall done)) (accept-process-output nil 0.05))))
