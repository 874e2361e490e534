--- Runs: begun by a command or a code action, followed to their end.
local client = require('moa.client')
local status = require('moa.status')

local M = {}

local WAIT_S = 30 -- of one `moa.result`; it is asked again until the run has ended

---@type table<integer, string> by client, the last run whose edit is kept
local kept = {}

---@type table<integer, table> by client, the run that ended last
local ended = {}

--- The run that ended last: `run`, `action`, `bufnr`, `range`, `record`.
---@param server vim.lsp.Client
---@return table?
function M.last(server)
  return ended[server.id]
end

---@param server vim.lsp.Client
---@param about table
local function began(server, about)
  require('moa.partial').begin(about.run, about.bufnr, about.range.start.line, about.action)
  status.say('MoaRunStart', about)
  M.follow(server, about)
end

--- Begin a run.
---@param server vim.lsp.Client
---@param bufnr integer
---@param wish table the argument of `moa.run`
function M.start(server, bufnr, wish)
  client.execute(server, 'moa.run', wish, function(answer)
    began(server, {
      run = answer.run,
      action = wish.action,
      bufnr = bufnr,
      client_id = server.id,
      range = wish.range,
      wish = wish,
    })
  end, bufnr)
end

--- Begin a run that changes what the last one made.
---@param server vim.lsp.Client
---@param instruction string
---@param only? 'aggregator' ask nobody else
---@param run? string default: the last one
function M.refine(server, instruction, only, run)
  local before = ended[server.id]
  if not before then
    return client.tell('there was no run yet', vim.log.levels.WARN)
  end
  local wish = { run = run or before.run, instruction = instruction, only = only }
  client.execute(server, 'moa.refine', wish, function(answer)
    began(server, {
      run = answer.run,
      action = before.action,
      bufnr = before.bufnr,
      client_id = server.id,
      range = before.range,
      wish = before.wish,
    })
  end, before.bufnr)
end

---@param server vim.lsp.Client
---@param about table
function M.follow(server, about)
  client.execute(server, 'moa.result', { run = about.run, wait = WAIT_S }, function(record)
    if record.state == 'running' then
      return M.follow(server, about)
    end
    require('moa.partial').finish(about.run)
    require('moa.preview').close(about.run)
    if record.state == 'done' and not record.applied and type(record.edit) == 'table' then
      kept[server.id] = about.run
    end
    about = vim.tbl_extend('force', about, { record = record })
    ended[server.id] = about
    status.say('MoaRunEnd', about)
    require('moa.ending').tell(record)
  end)
end

--- The last action once more, where its target is now.
---@param server vim.lsp.Client
function M.again(server)
  local before = ended[server.id]
  if not before then
    return client.tell('there was no run yet', vim.log.levels.WARN)
  end
  local wish = vim.tbl_extend('force', before.wish, { again = before.run })
  M.start(server, before.bufnr, wish)
end

--- Put the text back that stood in the target before the last run; what was typed elsewhere stays.
---@param server vim.lsp.Client
function M.undo(server)
  local before = ended[server.id]
  if not before then
    return client.tell('there was no run yet', vim.log.levels.WARN)
  end
  client.execute(server, 'moa.apply', { run = before.run, proposal = 'original' })
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
