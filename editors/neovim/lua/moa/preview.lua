--- `moa/preview`: an edit as a diff in a window, to be accepted or rejected. One at a time; never
--- over somebody who types.
local M = {}

local KEYS = ' ga accept · gr reject · q close '
local WIDTH, HEIGHT = 100, 30 -- at most, in cells

---@class moa.Question
---@field params table
---@field client_id integer
---@field answer fun(accept: boolean)
---@field window? integer

---@type moa.Question[] the first is shown, the others wait
local queue = {}

---@param question moa.Question
---@param accept boolean
local function settle(question, accept)
  for at, each in ipairs(queue) do
    if each == question then
      table.remove(queue, at)
      if question.window and vim.api.nvim_win_is_valid(question.window) then
        vim.api.nvim_win_close(question.window, true)
      end
      question.answer(accept)
      vim.schedule(M.show)
      return
    end
  end
end

---@param params table
---@return string[] lines
---@return integer warnings how many of them
local function lines_of(params)
  local lines = {}
  for _, warning in ipairs(params.warnings or {}) do
    table.insert(lines, '! ' .. warning)
  end
  local warnings = #lines
  vim.list_extend(lines, vim.split(vim.trim(params.diff or ''), '\n', { plain = true }))
  return lines, warnings
end

---@param question moa.Question
local function open(question)
  local lines, warnings = lines_of(question.params)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].filetype = 'diff'
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].bufhidden = 'wipe'
  local width = math.max(math.min(WIDTH, vim.o.columns - 4), 20)
  local height = math.max(math.min(HEIGHT, #lines, vim.o.lines - 6), 1)
  local window = vim.api.nvim_open_win(bufnr, true, {
    relative = 'editor',
    row = math.floor((vim.o.lines - height) / 2) - 1,
    col = math.floor((vim.o.columns - width) / 2),
    width = width,
    height = height,
    border = 'rounded',
    title = (' %s '):format(question.params.title or 'Moa'),
    footer = { { KEYS, 'MoaPreviewKeys' } },
    style = 'minimal',
  })
  question.window = window
  vim.wo[window].winhighlight =
    'NormalFloat:MoaPreview,FloatBorder:MoaPreviewBorder,FloatTitle:MoaPreviewTitle'
  local space = vim.api.nvim_create_namespace('moa.preview')
  for row = 0, warnings - 1 do
    vim.api.nvim_buf_set_extmark(bufnr, space, row, 0, { line_hl_group = 'MoaPreviewWarning' })
  end
  for key, accept in pairs({ ga = true, gr = false, q = false }) do
    vim.keymap.set('n', key, function()
      settle(question, accept)
    end, { buffer = bufnr, nowait = true, desc = 'Moa: ' .. (accept and 'accept' or 'reject') })
  end
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    once = true,
    callback = function()
      question.window = nil -- is being closed
      settle(question, false)
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
---@return { accept: boolean }
function M.handle(_, params, ctx)
  local thread = coroutine.running()
  table.insert(queue, {
    params = params,
    client_id = ctx.client_id,
    answer = vim.schedule_wrap(function(accept)
      coroutine.resume(thread, accept)
    end),
  })
  vim.schedule(M.show)
  return { accept = coroutine.yield() }
end

---@param wanted fun(question: moa.Question): boolean
local function reject(wanted)
  for _, question in ipairs(vim.tbl_filter(wanted, queue)) do
    settle(question, false)
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
