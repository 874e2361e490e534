--- `:Moa`: its subcommands, their completion, and what a range means.
local client = require('moa.client')
local history = require('moa.history')

local M = {}

local FIX = 'quickfix.moa.fix'

local RESTART_MS = 300 -- for the server that was stopped to leave

---@type table<string, true> actions that ask for an instruction when none is given
local ASKS = { generate = true, refactor = true }

---@type table<string, true> subcommands that are about no buffer
local ANYWHERE = {
  again = true,
  apply = true,
  cancel = true,
  diff = true,
  go = true,
  mix = true,
  proposals = true,
  undo = true,
  usage = true,
}

---@type string[] names of mixes, as of the last time they were looked at
local names = {}

---@param bufnr integer
---@param row integer 0-based
---@param byte integer
---@param encoding string
---@return lsp.Position
local function position(bufnr, row, byte, encoding)
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, true)[1]
  local at = vim.str_utfindex(line, encoding, math.min(byte, #line))
  return { line = row, character = at }
end

--- The range of a call: the characters of a characterwise selection, else whole lines; without a
--- range the cursor.
---@param call table
---@param encoding string
---@return lsp.Range
local function range_of(call, encoding)
  if call.range == 0 then
    local cursor = vim.api.nvim_win_get_cursor(0)
    local at = position(0, cursor[1] - 1, cursor[2], encoding)
    return { start = at, ['end'] = at }
  end
  local from, to = vim.api.nvim_buf_get_mark(0, '<'), vim.api.nvim_buf_get_mark(0, '>')
  local selected = from[1] == call.line1 and to[1] == call.line2
  if selected and vim.fn.visualmode() == 'v' then
    local last = vim.api.nvim_buf_get_lines(0, to[1] - 1, to[1], true)[1]
    local width = #vim.fn.strpart(last, to[2], 1, 1)
    return {
      start = position(0, from[1] - 1, from[2], encoding),
      ['end'] = position(0, to[1] - 1, to[2] + width, encoding),
    }
  end
  return {
    start = position(0, call.line1 - 1, 0, encoding),
    ['end'] = position(0, call.line2 - 1, math.huge, encoding),
  }
end

---@param server vim.lsp.Client
---@param wish table
local function start(server, wish)
  require('moa.run').start(server, vim.api.nvim_get_current_buf(), wish)
end

--- `fix` is about diagnostics, which the server takes in with a question for code actions.
---@param server vim.lsp.Client
---@param wish table
local function fix(server, wish)
  local bufnr = vim.api.nvim_get_current_buf()
  local first, last = wish.range.start.line, wish.range['end'].line
  local found = vim.tbl_filter(function(each)
    return each.lnum <= last and (each.end_lnum or each.lnum) >= first
  end, vim.diagnostic.get(bufnr))
  if #found == 0 then
    return client.tell('no diagnostic here to fix', vim.log.levels.WARN)
  end
  local params = {
    textDocument = wish.textDocument or { uri = wish.uri },
    range = wish.range,
    context = { diagnostics = vim.lsp.diagnostic.from(found), only = { FIX }, triggerKind = 1 },
  }
  server:request('textDocument/codeAction', params, function(err, offers)
    if err or not offers or #offers == 0 then
      local why = err and err.message or 'nothing can be fixed here'
      return client.tell(why, vim.log.levels.WARN)
    end
    start(server, wish)
  end, bufnr)
end

---@param action string
local function act(action)
  return function(server, call, rest)
    local wish = {
      action = action,
      uri = vim.uri_from_bufnr(0),
      range = range_of(call, server.offset_encoding),
      version = vim.lsp.util.buf_versions[vim.api.nvim_get_current_buf()],
    }
    local function go(instruction)
      wish.instruction = instruction ~= '' and instruction or nil
      if action == 'fix' then
        fix(server, wish)
      else
        start(server, wish)
      end
    end
    if rest ~= '' or call.bang or not ASKS[action] then
      history.add(rest)
      return go(rest)
    end
    history.ask(('Moa: what to %s? '):format(action), go)
  end
end

--- Mixes as they are offered: the one in use, then those that can run; for actions none that was
--- made for inline completion. Their names tell: the server does not say for what a mix was made.
---@param found table[]
---@param purpose 'actions'|'inline'
---@return table[]
function M.order(found, purpose)
  local ranks = { {}, {}, {} }
  for _, mix in ipairs(found) do
    local inline = (mix.name .. ' '):find('inline ', 1, true) ~= nil
    local current = mix.selected and purpose == 'actions'
    if current or purpose == 'inline' or not inline then
      table.insert(ranks[current and 1 or mix.ready and 2 or 3], mix)
    end
  end
  return vim.iter(ranks):flatten():totable()
end

---@param server vim.lsp.Client
---@param done fun(mixes: table[])
local function mixes(server, done)
  client.execute(server, 'moa.mixes', vim.empty_dict(), function(found)
    names = vim.tbl_map(function(mix)
      return mix.name
    end, found)
    done(found)
  end)
end

---@param server vim.lsp.Client
---@param name string
---@param purpose 'actions'|'inline'
local function select(server, name, purpose)
  local wish = { name = name, ['for'] = purpose }
  client.execute(server, 'moa.selectMix', wish, function()
    client.tell(('%s uses the mix %s'):format(purpose, name))
  end)
end

--- `:Moa mix`, `:Moa mix NAME`, `:Moa mix inline`, `:Moa mix inline NAME`.
local function mix(server, _, rest)
  local name = rest:match('^inline%s*(.*)$')
  local purpose = name and 'inline' or 'actions'
  name = name or rest
  if name ~= '' then
    return select(server, name, purpose)
  end
  mixes(server, function(found)
    vim.ui.select(M.order(found, purpose), {
      prompt = 'Mix for ' .. purpose,
      format_item = function(each)
        local mark = each.selected and purpose == 'actions' and '* ' or '  '
        local lacks = table.concat(each.missing or {}, '; ')
        local state = each.ready and '' or (' (%s)'):format(lacks ~= '' and lacks or 'not ready')
        return ('%s%s%s  %s'):format(mark, each.name, state, each.description or '')
      end,
    }, function(picked)
      if picked then
        select(server, picked.name, purpose)
      end
    end)
  end)
end

--- `:Moa refine`, `:Moa refine TEXT`; with ! the aggregator alone.
local function refine(server, call, rest)
  local function go(instruction)
    if vim.trim(instruction) ~= '' then
      require('moa.run').refine(server, instruction, call.bang and 'aggregator' or nil)
    end
  end
  if rest ~= '' then
    history.add(rest)
    return go(rest)
  end
  history.ask('Moa: what should be different? ', go)
end

--- `:Moa why`: why there is no grey text at the cursor.
local function why(server)
  local bufnr = vim.api.nvim_get_current_buf()
  local cursor = vim.api.nvim_win_get_cursor(0)
  local wish = {
    uri = vim.uri_from_bufnr(bufnr),
    position = position(bufnr, cursor[1] - 1, cursor[2], server.offset_encoding),
  }
  client.execute(server, 'moa.why', wish, function(answer)
    client.tell(answer.reason)
  end)
end

--- `:Moa key VARIABLE`: a key for this editor's life; the shell's own setting is the user's.
local function key(server, _, rest)
  if rest == '' then
    return client.tell('which variable? :Moa key LAB_KEY', vim.log.levels.WARN)
  end
  local value = vim.fn.inputsecret(rest .. ': ')
  if vim.trim(value) == '' then
    return
  end
  vim.env[rest] = vim.trim(value)
  server:stop()
  vim.defer_fn(function()
    vim.lsp.enable('moa', false)
    vim.lsp.enable('moa')
  end, RESTART_MS)
  client.tell(('set for this editor; for all: export %s=… in your shell'):format(rest))
end

--- `:Moa config`: the user's configuration, as the server names it.
local function config()
  local named = vim.env.MOA_LSP_CONFIG
  local home = vim.env.XDG_CONFIG_HOME or vim.fs.joinpath(vim.uv.os_homedir(), '.config')
  local path = named or vim.fs.joinpath(home, 'moa-lsp', 'config.yaml')
  vim.cmd.tabedit(vim.fn.fnameescape(vim.fn.expand(path)))
end

local function usage(server)
  client.execute(server, 'moa.usage', vim.empty_dict(), function(totals)
    local lines = {}
    for _, span in ipairs({ 'session', 'today' }) do
      local of = totals[span]
      table.insert(
        lines,
        ('%s: %s runs, %s tokens in, %s out, %.4f USD'):format(
          span,
          of.runs,
          of.usage.input,
          of.usage.output,
          of.cost_usd
        )
      )
    end
    client.tell(table.concat(lines, '\n'))
  end)
end

local function show_status()
  local stand = require('moa.status').stand()
  if not stand then
    return client.tell('the server has not said how it stands yet')
  end
  local inline = type(stand.inlineMix) == 'string' and stand.inlineMix or 'off'
  local message = stand.message ~= '' and (': ' .. stand.message) or ''
  client.tell(('%s%s · mix %s · inline %s'):format(stand.state, message, stand.mix, inline))
end

---@type table<string, fun(server: vim.lsp.Client, call: table, rest: string)>
local subcommands = {
  mix = mix,
  usage = usage,
  status = show_status,
  cancel = function(server)
    client.execute(server, 'moa.cancel', vim.empty_dict(), function(answer)
      client.tell(('%d cancelled'):format(answer.cancelled))
    end)
  end,
  apply = function(server)
    require('moa.run').apply(server)
  end,
  refine = refine,
  why = why,
  key = key,
  config = config,
  go = function(server)
    client.execute(server, 'moa.settle', vim.empty_dict())
  end,
  again = function(server)
    require('moa.run').again(server)
  end,
  undo = function(server)
    require('moa.run').undo(server)
  end,
  diff = function()
    require('moa.edit').show_last()
  end,
  proposals = function(server)
    require('moa.proposals').show(server)
  end,
  trust = function(server)
    require('moa.trust').renew(server)
  end,
  inline = function(_, _, rest)
    require('moa.inline').switch(rest)
  end,
}
for _, action in ipairs({ 'generate', 'refactor', 'explain', 'fix', 'document', 'test' }) do
  subcommands[action] = act(action)
end
subcommands['explain-comment'] = act('explain-comment')

--- The log of the client is Neovim's; what the server writes to stderr is in it.
local function open_log()
  vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.log.get_filename()))
  vim.cmd.normal({ 'G', bang = true })
end

---@param call table as of nvim_create_user_command
function M.run(call)
  local name, rest = call.args:match('^(%S+)%s*(.-)%s*$')
  if name == 'log' then
    return open_log()
  end
  local subcommand = subcommands[name]
  if not subcommand then
    local known = table.concat(M.names(), ', ')
    return client.tell(('`%s` is none of %s'):format(name, known), vim.log.levels.ERROR)
  end
  local server = client.need(ANYWHERE[name])
  if server then
    subcommand(server, call, rest)
  end
end

---@return string[]
function M.names()
  local found = vim.list_extend({ 'log' }, vim.tbl_keys(subcommands))
  table.sort(found)
  return found
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(line:match('Moa!?%s+(.*)$') or '', '%s+')
  local choices = {}
  if #words <= 1 then
    choices = M.names()
  elseif words[1] == 'inline' and #words == 2 then
    choices = { 'on', 'off' }
  elseif words[1] == 'mix' then
    choices = M.mix_names()
    if #words == 2 then
      table.insert(choices, 'inline')
    end
  end
  return vim.tbl_filter(function(each)
    return vim.startswith(each, lead)
  end, choices)
end

--- Names of mixes; asks the server if it answers within a moment.
---@return string[]
function M.mix_names()
  local server = client.of()
  if server then
    local answered = false
    mixes(server, function()
      answered = true
    end)
    vim.wait(300, function()
      return answered
    end, 10)
  end
  return vim.deepcopy(names)
end

return M
