--- A Mixture of Agents behind Neovim's own LSP client. `:help moa`
local M = {}

--- Configure the client and enable it. Optional: `vim.lsp.enable('moa')` alone does, too.
---
--- `inline = false` leaves inline completion off at the start; everything else is what
--- `vim.lsp.config('moa', …)` takes, such as `cmd`, `filetypes` and `settings`.
---@param opts? table
function M.setup(opts)
  local config = vim.tbl_extend('force', {}, opts or {})
  if config.inline ~= nil then
    vim.g.moa_inline = config.inline
    config.inline = nil
  end
  if next(config) then
    vim.lsp.config('moa', config)
  end
  vim.lsp.enable('moa')
end

--- A few words for a statusline; empty where no server is at work.
---@param bufnr? integer default: the current buffer
---@return string
function M.status(bufnr)
  return require('moa.status').line(bufnr)
end

--- What the server said last of how it stands (`moa/status`), `nil` before it said anything.
---@param bufnr? integer default: the current buffer
---@return table?
function M.stand(bufnr)
  return require('moa.status').stand(bufnr)
end

--- Take the suggestion that is shown. For mappings with `expr`:
--- `if not require('moa').accept() then return '<Tab>' end`
---@param part? 'all'|'word'|'line' default: all
---@return boolean whether there was one
function M.accept(part)
  return require('moa.inline').accept(part)
end

return M
