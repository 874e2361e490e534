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

---@param err any
---@param params lsp.ApplyWorkspaceEditParams
---@param ctx lsp.HandlerContext
function M.handle(err, params, ctx)
  local name = moved(params.edit)
  if name then
    return { applied = false, failureReason = ('%s has changed meanwhile'):format(name) }
  end
  break_undo(params.edit)
  local answer = vim.lsp.handlers['workspace/applyEdit'](err, params, ctx)
  break_undo(params.edit)
  return answer
end

return M
