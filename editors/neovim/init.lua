vim.opt.runtimepath:prepend('/path/to/moa-lsp/editors/neovim')
vim.lsp.config('moa', { cmd = { 'moa-lsp', 'serve' } })
vim.lsp.enable('moa')
