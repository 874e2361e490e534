--- `workspace/applyEdit`: to the text that it was made for or not at all, and one step of undo.
local M = {}

--- The document that has moved on since an edit was made, if there is one. Neovim's own handler
--- leaves such a document out and says that all was applied.
---@param edit lsp.WorkspaceEdit
---@return string? name
local function moved(edit)
  for _, change in ipairs(edit.documentChanges or {}) do
    local document = change.textDocument
    if document and type(document.version) == 'number' then
      local bufnr = vim.uri_to_bufnr(document.uri)
      if document.version ~= vim.lsp.util.buf_versions[bufnr] then
        return vim.fs.basename(vim.uri_to_fname(document.uri))
      end
    end
  end
end

--- Begin a new step of undo, also in insert mode, where typing is one step to its end.
---@param edit lsp.WorkspaceEdit
local function break_undo(edit)
  for _, change in ipairs(edit.documentChanges or {}) do
    local bufnr = change.textDocument and vim.uri_to_bufnr(change.textDocument.uri)
    if bufnr and vim.api.nvim_buf_is_loaded(bufnr) then
      vim.api.nvim_buf_call(bufnr, function()
        vim.cmd('let &g:undolevels = &g:undolevels')
      end)
    end
  end
end

---@type { name: string, before: string, after: string }[] of the last edit, a document each
local last = {}

---@param edit lsp.WorkspaceEdit
---@return table<integer, string> the texts of the loaded documents that it is about, by buffer
local function texts(edit)
  local found = {}
  for _, change in ipairs(edit.documentChanges or {}) do
    local bufnr = change.textDocument and vim.uri_to_bufnr(change.textDocument.uri)
    if bufnr and vim.api.nvim_buf_is_loaded(bufnr) then
      local lines = vim.api.nvim_buf_get_lines(bufnr, 0, -1, true)
      found[bufnr] = table.concat(lines, '\n') .. '\n'
    end
  end
  return found
end

--- Show what the last edit changed.
function M.show_last()
  local lines = {}
  for _, each in ipairs(last) do
    local made = (vim.text and vim.text.diff or vim.diff)(each.before, each.after, { ctxlen = 3 })
    vim.list_extend(lines, { '--- ' .. each.name, '+++ ' .. each.name })
    vim.list_extend(lines, vim.split(vim.trim(made), '\n', { plain = true }))
  end
  if #lines == 0 then
    return require('moa.client').tell('no run has changed anything yet')
  end
  local _, bufnr = require('moa.float').open(lines, 'Moa: last edit', ' q close ')
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr, nowait = true })
end

---@param err any
---@param params lsp.ApplyWorkspaceEditParams
---@param ctx lsp.HandlerContext
function M.handle(err, params, ctx)
  local name = moved(params.edit)
  if name then
    return { applied = false, failureReason = ('%s has changed meanwhile'):format(name) }
  end
  break_undo(params.edit)
  local before = texts(params.edit)
  local answer = vim.lsp.handlers['workspace/applyEdit'](err, params, ctx)
  break_undo(params.edit)
  local now = {}
  for bufnr, after in pairs(texts(params.edit)) do
    if before[bufnr] and before[bufnr] ~= after then
      local shown = vim.fs.basename(vim.api.nvim_buf_get_name(bufnr))
      table.insert(now, { name = shown, before = before[bufnr], after = after })
    end
  end
  last = #now > 0 and now or last
  return answer
end

return M
