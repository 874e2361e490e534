"""The index's process, ``python -m moa_lsp.workspace.index``; only a server starts it."""

import sys

from moa_lsp.workspace.index.worker import main

if __name__ == "__main__":
    sys.exit(main())
