--- Runs: begun by a command or a code action, followed to their end.
local client = require('moa.client')
local status = require('moa.status')

local M = {}

local WAIT_S = 30 -- of one `moa.result`; it is asked again until the run has ended

---@type table<integer, string> by client, the last run whose edit is kept
local kept = {}

--- Begin a run.
---@param server vim.lsp.Client
---@param bufnr integer
---@param wish table the argument of `moa.run`
function M.start(server, bufnr, wish)
  client.execute(server, 'moa.run', wish, function(answer)
    local about = { run = answer.run, action = wish.action, bufnr = bufnr, client_id = server.id }
    status.say('MoaRunStart', about)
    M.follow(server, about)
  end, bufnr)
end

---@param server vim.lsp.Client
---@param about table
function M.follow(server, about)
  client.execute(server, 'moa.result', { run = about.run, wait = WAIT_S }, function(record)
    if record.state == 'running' then
      return M.follow(server, about)
    end
    require('moa.preview').close(about.run)
    if record.state == 'done' and not record.applied and type(record.edit) == 'table' then
      kept[server.id] = about.run
    end
    status.say('MoaRunEnd', vim.tbl_extend('force', about, { record = record }))
  end)
end

--- Apply the last edit that is kept.
---@param server vim.lsp.Client
function M.apply(server)
  local run = kept[server.id]
  if not run then
    return client.tell('no edit is kept', vim.log.levels.WARN)
  end
  client.execute(server, 'moa.apply', { run = run }, function(record)
    if record.applied then
      kept[server.id] = nil
    elseif type(record.reason) == 'string' then
      client.tell(record.reason, vim.log.levels.WARN)
    end
  end)
end

return M
