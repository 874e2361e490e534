--- `:Moa proposals`: what each agent of the last run proposed, as a diff against what stands in the
--- target, one at a time.
local client = require('moa.client')
local float = require('moa.float')

local M = {}

local KEYS = ' ]p next · [p before · <CR> take · q close '
local diff = vim.text and vim.text.diff or vim.diff

---@class moa.Proposal
---@field agent string `result` for the run's own
---@field model? string
---@field state string
---@field reason? string
---@field text? string
---@field equal_to? string
---@field applied boolean
---@field checks table<string, string|table>
---@field seconds number
---@field cost_usd? number

---@param value any
---@return any nil for JSON's null
local function known(value)
  return value ~= vim.NIL and value or nil
end

--- What the project's tests said of a proposal.
---@param said { ok: boolean, passed: string[], failed: string[], failure: string }
---@return string
local function tests(said)
  local failed = #said.failed
  if said.ok then
    return 'ok'
  elseif failed == 0 then
    return vim.split(said.failure, '\n')[1]
  end
  return ('%d of %d failed'):format(failed, failed + #said.passed)
end

--- What there is to know of a proposal, in one line.
---@param proposal moa.Proposal
---@return string
function M.summary(proposal)
  local parts = { proposal.agent }
  if known(proposal.model) then
    table.insert(parts, (proposal.model:gsub('^.*/', '')))
  end
  table.insert(parts, ('%.1f s'):format(proposal.seconds))
  if known(proposal.cost_usd) then
    table.insert(parts, ('%.4f USD'):format(proposal.cost_usd))
  end
  local names = vim.tbl_keys(proposal.checks or {})
  table.sort(names)
  for _, name in ipairs(names) do
    local said = known(proposal.checks[name])
    if type(said) == 'table' then
      said = tests(said)
    end
    if said then
      table.insert(parts, said == 'ok' and name .. ' ok' or ('%s: %s'):format(name, said))
    end
  end
  if known(proposal.equal_to) then
    table.insert(parts, 'same as ' .. proposal.equal_to)
  end
  if proposal.state ~= 'ok' then
    local reason = known(proposal.reason)
    table.insert(parts, proposal.state .. (reason and ': ' .. reason or ''))
  end
  return table.concat(parts, ' · ')
end

---@param text? string
---@return string
local function whole(text)
  local made = text or ''
  return vim.endswith(made, '\n') and made or made .. '\n'
end

--- A proposal's lines against what stands now.
---@param all moa.Proposal[]
---@param proposal moa.Proposal
---@return string[]
function M.lines(all, proposal)
  local lines = { '! ' .. M.summary(proposal) }
  local text = known(proposal.text)
  local now
  for _, each in ipairs(all) do
    now = now or (each.applied and each or nil)
  end
  if not text then
    table.insert(lines, '! it is of no use')
  elseif not now or now == proposal then
    if now then
      lines[1] = lines[1] .. ' · stands now'
    end
    vim.list_extend(lines, vim.split(text, '\n', { plain = true }))
  else
    local shown = diff(whole(known(now.text)), whole(text), { ctxlen = 3 })
    local same = shown == '' and '! no difference to what stands' or vim.trim(shown)
    vim.list_extend(lines, vim.split(same, '\n', { plain = true }))
  end
  return lines
end

---@param server vim.lsp.Client
---@param run string
---@param proposal moa.Proposal
local function take(server, run, proposal)
  if proposal.applied then
    return
  end
  local wish = { run = run, proposal = proposal.agent }
  client.execute(server, 'moa.apply', wish, function(record)
    if not record.applied and type(record.reason) == 'string' then
      client.tell(record.reason, vim.log.levels.WARN)
    end
  end)
end

---@param server vim.lsp.Client
---@param run string
---@param all moa.Proposal[]
local function open(server, run, all)
  local at = 1
  for number, each in ipairs(all) do
    at = each.applied and number or at
  end
  local longest = {}
  for _, each in ipairs(all) do
    local lines = M.lines(all, each)
    longest = #lines > #longest and lines or longest
  end
  local window, bufnr = float.open(longest, 'Moa: proposals', KEYS)
  local function show()
    float.fill(bufnr, M.lines(all, all[at]))
    local title = (' Moa: %d of %d · %s '):format(at, #all, all[at].agent)
    vim.api.nvim_win_set_config(window, { title = title })
    vim.api.nvim_win_set_cursor(window, { 1, 0 })
  end
  local function map(key, what, work)
    vim.keymap.set('n', key, work, { buffer = bufnr, nowait = true, desc = 'Moa: ' .. what })
  end
  map(']p', 'next proposal', function()
    at = at % #all + 1
    show()
  end)
  map('[p', 'proposal before', function()
    at = (at - 2) % #all + 1
    show()
  end)
  map('<CR>', 'take this proposal', function()
    vim.api.nvim_win_close(window, true)
    take(server, run, all[at])
  end)
  map('q', 'close', function()
    vim.api.nvim_win_close(window, true)
  end)
  show()
end

--- Show the proposals of the last run.
---@param server vim.lsp.Client
function M.show(server)
  local run = require('moa.run').last(server)
  if not run then
    return client.tell('there was no run yet', vim.log.levels.WARN)
  end
  client.execute(server, 'moa.proposals', { run = run.run }, function(all)
    if #all == 0 then
      return client.tell('nothing was proposed')
    end
    open(server, run.run, all)
  end)
end

return M
