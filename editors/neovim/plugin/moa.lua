-- Loaded at every start of Neovim, so nothing here does any work.
if vim.g.loaded_moa then
  return
end
vim.g.loaded_moa = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.notify('moa: needs Neovim 0.11 or newer', vim.log.levels.ERROR)
  return
end

for name, link in pairs({
  MoaPreview = 'NormalFloat',
  MoaPreviewBorder = 'FloatBorder',
  MoaPreviewTitle = 'FloatTitle',
  MoaPreviewKeys = 'FloatFooter',
  MoaPreviewWarning = 'DiagnosticWarn',
  MoaPreviewLeftOut = 'Comment',
  MoaPartial = 'ComplHint',
}) do
  vim.api.nvim_set_hl(0, name, { link = link, default = true })
end

vim.api.nvim_create_autocmd('FileType', {
  group = vim.api.nvim_create_augroup('moa', {}),
  desc = 'Moa: a program that cannot be run is told once',
  callback = function(event)
    local config = vim.lsp.config.moa
    if config.filetypes and not vim.tbl_contains(config.filetypes, event.match) then
      return false
    end
    return require('moa.client').check_program()
  end,
})

vim.api.nvim_create_user_command('Moa', function(call)
  require('moa.command').run(call)
end, {
  nargs = '+',
  range = true,
  bang = true,
  desc = 'Mixture of Agents: generate, refactor, explain, …',
  complete = function(...)
    return require('moa.command').complete(...)
  end,
})

vim.api.nvim_create_user_command('MoaInstall', function(call)
  require('moa.install').run(call.args)
end, {
  nargs = '?',
  complete = 'file',
  desc = 'Moa: install the server into an environment of its own',
})

for name, how in pairs({
  accept = { 'accept', 'all' },
  ['accept-word'] = { 'accept', 'word' },
  ['accept-line'] = { 'accept', 'line' },
  next = { 'next' },
  dismiss = { 'dismiss' },
}) do
  vim.keymap.set('i', ('<Plug>(moa-%s)'):format(name), function()
    require('moa.inline')[how[1]](how[2])
  end, { desc = 'Moa: ' .. name:gsub('-', ' ') })
end
