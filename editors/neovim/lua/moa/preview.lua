--- `moa/preview`: an edit as a diff in a window, to be accepted or rejected, whole or in parts. One
--- at a time; never over somebody who types.
local float = require('moa.float')
local hunks = require('moa.hunks')

local M = {}

local KEYS = ' ga accept · gr reject · q close '
local PART_KEYS = ' ga accept · gr reject · q close · ]h [h part · a take it · x leave it out '
local DECLINED = { accept = false }

---@class moa.Question
---@field params table
---@field client_id integer
---@field answer fun(verdict: { accept: boolean, hunks?: (string|integer)[] })
---@field encoding string
---@field taken table<string|integer, boolean> hunks that go in
---@field window? integer

---@type moa.Question[] the first is shown, the others wait
local queue = {}

---@param question moa.Question
---@param verdict { accept: boolean, hunks?: (string|integer)[] }
local function settle(question, verdict)
  for at, each in ipairs(queue) do
    if each == question then
      table.remove(queue, at)
      if question.window and vim.api.nvim_win_is_valid(question.window) then
        vim.api.nvim_win_close(question.window, true)
      end
      question.answer(verdict)
      vim.schedule(M.show)
      return
    end
  end
end

--- Warnings, then the diff: of the hunks where there are any, else as the server wrote it.
---@param question moa.Question
---@return string[] lines
---@return integer warnings how many of them
---@return moa.Place[]
local function lines_of(question)
  local params = question.params
  local lines, places = {}, {}
  for _, warning in ipairs(params.warnings or {}) do
    table.insert(lines, '! ' .. warning)
  end
  local warnings = #lines
  if params.hunks and #params.hunks > 0 then
    local shown
    shown, places = hunks.lines(params.hunks, question.taken, question.encoding)
    vim.list_extend(lines, shown)
    for _, place in ipairs(places) do
      place.first, place.last = place.first + warnings, place.last + warnings
    end
  else
    vim.list_extend(lines, vim.split(vim.trim(params.diff or ''), '\n', { plain = true }))
  end
  return lines, warnings, places
end

--- What goes in: all of it, some of it, or nothing.
---@param question moa.Question
---@return { accept: boolean, hunks?: (string|integer)[] }
local function verdict_of(question)
  local all = question.params.hunks or {}
  local some = {}
  for _, hunk in ipairs(all) do
    if question.taken[hunk.id] then
      table.insert(some, hunk.id)
    end
  end
  if #some == #all then
    return { accept = true }
  end
  return #some > 0 and { accept = true, hunks = some } or DECLINED
end

--- Write the lines anew, with the hunks that are left out greyed.
---@param question moa.Question
---@param bufnr integer
---@return moa.Place[]
local function fill(question, bufnr)
  local lines, warnings, places = lines_of(question)
  float.fill(bufnr, lines)
  local space = vim.api.nvim_create_namespace('moa.preview')
  vim.api.nvim_buf_clear_namespace(bufnr, space, 0, -1)
  for row = 0, warnings - 1 do
    vim.api.nvim_buf_set_extmark(bufnr, space, row, 0, { line_hl_group = 'MoaPreviewWarning' })
  end
  for _, place in ipairs(places) do
    for row = place.first - 1, question.taken[place.id] and -1 or place.last - 1 do
      vim.api.nvim_buf_set_extmark(bufnr, space, row, 0, { line_hl_group = 'MoaPreviewLeftOut' })
    end
  end
  return places
end

--- Keys for the parts of an edit.
---@param question moa.Question
---@param bufnr integer
---@param places moa.Place[]
local function map_parts(question, bufnr, places)
  local function map(key, what, work)
    vim.keymap.set('n', key, work, { buffer = bufnr, nowait = true, desc = 'Moa: ' .. what })
  end
  local function at()
    return hunks.at(places, vim.api.nvim_win_get_cursor(0)[1])
  end
  local function go(step)
    local number = at() or (step > 0 and 0 or 1)
    local place = places[math.min(math.max(number + step, 1), #places)]
    vim.api.nvim_win_set_cursor(0, { place.first, 0 })
  end
  local function take(yes)
    local number = at()
    if number then
      question.taken[places[number].id] = yes
      fill(question, bufnr)
    end
  end
  map(']h', 'next part', function()
    go(1)
  end)
  map('[h', 'part before', function()
    go(-1)
  end)
  map('a', 'take this part', function()
    take(true)
  end)
  map('x', 'leave this part out', function()
    take(false)
  end)
end

---@param question moa.Question
local function open(question)
  local parts = #(question.params.hunks or {}) > 1
  local lines = lines_of(question)
  local title = question.params.title or 'Moa'
  local window, bufnr = float.open(lines, title, parts and PART_KEYS or KEYS)
  question.window = window
  local places = fill(question, bufnr)
  if parts then
    map_parts(question, bufnr, places)
  end
  for key, accept in pairs({ ga = true, gr = false, q = false }) do
    vim.keymap.set('n', key, function()
      settle(question, accept and verdict_of(question) or DECLINED)
    end, { buffer = bufnr, nowait = true, desc = 'Moa: ' .. (accept and 'accept' or 'reject') })
  end
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    once = true,
    callback = function()
      question.window = nil -- is being closed
      settle(question, DECLINED)
    end,
  })
end

--- Show the question that is next, once the user is in normal mode.
function M.show()
  local question = queue[1]
  if not question or question.window then
    return
  end
  if vim.api.nvim_get_mode().mode == 'n' then
    return open(question)
  end
  vim.api.nvim_create_autocmd('ModeChanged', {
    pattern = '*:n',
    once = true,
    callback = vim.schedule_wrap(M.show),
  })
end

--- How many questions nobody has answered yet.
---@return integer
function M.waiting()
  return #queue
end

---@param params table
---@param ctx lsp.HandlerContext
---@return { accept: boolean, hunks?: (string|integer)[] }
function M.handle(_, params, ctx)
  local thread = coroutine.running()
  local server = vim.lsp.get_client_by_id(ctx.client_id)
  local taken = {}
  for _, hunk in ipairs(params.hunks or {}) do
    taken[hunk.id] = true
  end
  table.insert(queue, {
    params = params,
    client_id = ctx.client_id,
    encoding = server and server.offset_encoding or 'utf-16',
    taken = taken,
    answer = vim.schedule_wrap(function(verdict)
      coroutine.resume(thread, verdict)
    end),
  })
  vim.schedule(M.show)
  return coroutine.yield()
end

---@param wanted fun(question: moa.Question): boolean
local function reject(wanted)
  for _, question in ipairs(vim.tbl_filter(wanted, queue)) do
    settle(question, DECLINED)
  end
end

--- A run has ended: nobody waits for an answer any more.
---@param run string
function M.close(run)
  reject(function(question)
    return question.params.run == run
  end)
end

---@param client_id integer
function M.forget(client_id)
  reject(function(question)
    return question.client_id == client_id
  end)
end

return M
