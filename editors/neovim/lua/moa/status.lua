--- How the server stands: the notification `moa/status`, kept for statuslines.
local M = {}

---@type table<integer, table> by client
local stands = {}

local MARKS = { idle = '', busy = '…', warning = '!', error = '!!' }

---@param _ any
---@param stand table
---@param ctx lsp.HandlerContext
function M.handle(_, stand, ctx)
  stands[ctx.client_id] = stand
  M.say('MoaStatus', vim.tbl_extend('force', { client_id = ctx.client_id }, stand))
  vim.cmd.redrawstatus({ bang = true })
end

--- Tell whoever listens: `autocmd User <event>`, with `data`.
---@param event string
---@param data table
function M.say(event, data)
  vim.api.nvim_exec_autocmds('User', { pattern = event, modeline = false, data = data })
end

---@param bufnr? integer
---@return table?
function M.stand(bufnr)
  local client = require('moa.client').of(bufnr)
  return client and stands[client.id]
end

---@param bufnr? integer
---@return string
function M.line(bufnr)
  local stand = M.stand(bufnr)
  if not stand then
    return ''
  end
  local mix = type(stand.mix) == 'string' and stand.mix or '-'
  local mark = MARKS[stand.state] or ''
  local count = stand.state == 'busy' and stand.runs > 1 and tostring(stand.runs) or ''
  return ('moa: %s%s'):format(mix, mark ~= '' and (' ' .. mark .. count) or '')
end

---@param client_id integer
function M.forget(client_id)
  stands[client_id] = nil
end

return M
