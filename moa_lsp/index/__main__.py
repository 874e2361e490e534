"""``python -m moa_lsp.index``: the process that keeps an index; only a server starts it."""

import sys

from moa_lsp.index.worker import main

if __name__ == "__main__":
    sys.exit(main())
