-- Neovim 0.11 or newer. `gra` on a selection shows the actions.
vim.lsp.config('moa', {
  cmd = { 'moa-lsp', 'serve' },
  filetypes = { 'python', 'go', 'java', 'javascript', 'rust', 'typescript', 'c', 'cpp' },
  root_markers = { '.git' },
})
vim.lsp.enable('moa')
