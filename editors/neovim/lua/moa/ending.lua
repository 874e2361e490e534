--- The end of a run: one quiet line, or one message that names the command for what can be done.
local client = require('moa.client')

local M = {}

--- The command of each remedy.
---@type table<string, fun(remedy: table): string>
local COMMANDS = {
  apply = function()
    return ':Moa apply takes it'
  end,
  again = function()
    return ':Moa again'
  end,
  key = function(remedy)
    return ':Moa key ' .. remedy.variable
  end,
  configuration = function()
    return ':Moa config'
  end,
}

--- A sentence of the server's in the words of this editor.
---@param sentence string
---@return string
function M.words(sentence)
  local said = sentence
  for _, what in ipairs({ 'it', 'the result', 'the edit' }) do
    said = said:gsub('[;,] ' .. what .. ' is kept for moa%.apply', '; it is kept')
  end
  return (said:gsub('moa%.apply', ':Moa apply'))
end

--- What can be done, as commands.
---@param remedies? table[]
---@return string empty where there is nothing
function M.hints(remedies)
  local hints = vim.tbl_map(function(each)
    return COMMANDS[each['do']](each)
  end, remedies or {})
  return #hints > 0 and (' (%s)'):format(table.concat(hints, ', ')) or ''
end

---@param record table
---@return string[] a sentence for each agent that failed
local function failures(record)
  local found = {}
  for _, each in ipairs(record.proposals or {}) do
    if each.state == 'failed' then
      table.insert(found, ('%s failed: %s'):format(each.agent, each.reason or 'no reason given'))
    end
  end
  local settled = record.aggregation
  if type(settled) == 'table' and type(settled.fallback) == 'string' then
    table.insert(found, settled.fallback)
  end
  return found
end

--- A run's end in one line: who wrote it, how long it took, what it cost.
---@param record table
---@return string
function M.line(record)
  local parts = { record.action }
  if type(record.author) == 'string' then
    table.insert(parts, record.author)
  end
  if record.state ~= 'done' then
    table.insert(parts, record.state)
  end
  table.insert(parts, ('%.1f s'):format(record.seconds or 0))
  local least = record.cost_known == false and 'at least ' or ''
  table.insert(parts, ('%s$%.4f'):format(least, record.cost_usd or 0))
  return table.concat(parts, ' · ')
end

--- Tell how a run ended: a message only where something went wrong or nothing was applied.
---@param record table
function M.tell(record)
  local hints = M.hints(record.remedies)
  if record.state == 'cancelled' then
    return
  end
  if type(record.reason) == 'string' and not record.applied then
    local failed = record.state == 'failed' or hints ~= ''
    local level = failed and vim.log.levels.WARN or vim.log.levels.INFO
    return client.tell(M.words(record.reason) .. hints, level)
  end
  local failed = failures(record)
  if #failed > 0 then
    local said = M.line(record) .. '; ' .. table.concat(failed, '; ')
    return client.tell(said .. hints, vim.log.levels.WARN)
  end
  local can = record.applied and ' · :Moa diff, undo, proposals' or ''
  local text = 'moa: ' .. M.line(record) .. can
  -- A longer one would make the editor wait for a key.
  vim.api.nvim_echo({ { vim.fn.strcharpart(text, 0, math.max(vim.o.columns - 12, 20)) } }, true, {})
end

return M
