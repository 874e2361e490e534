--- A run at work, at its target: a few words at once, then `moa/partial` as virtual lines. Nothing
--- of it is in the buffer. `vim.g.moa_partial = false` leaves it off.
local M = {}

local LINES = 12 -- of what is being written, the last ones

local space = vim.api.nvim_create_namespace('moa.partial')

---@class moa.Marks
---@field bufnr integer
---@field words integer extmark behind the first line
---@field action string
---@field text? integer extmark below the last line

---@type table<string, moa.Marks> by run
local shown = {}

---@param bufnr integer
---@param row integer 0-based
---@return integer row that is in the buffer
local function within(bufnr, row)
  return math.min(math.max(row, 0), vim.api.nvim_buf_line_count(bufnr) - 1)
end

--- A run began.
---@param run string
---@param bufnr integer
---@param row integer 0-based first line of its target
---@param action string
function M.begin(run, bufnr, row, action)
  if vim.g.moa_partial == false or not vim.api.nvim_buf_is_loaded(bufnr) then
    return
  end
  local words = vim.api.nvim_buf_set_extmark(bufnr, space, within(bufnr, row), 0, {
    virt_text = { { ('  moa: %s …'):format(action), 'MoaPartial' } },
    virt_text_pos = 'eol',
  })
  shown[run] = { bufnr = bufnr, words = words, action = action }
end

--- `moa/waiting`: who is waited for, in the words behind the first line.
---@param params table
function M.waiting(_, params)
  local marks = shown[params.run]
  if not marks or not vim.api.nvim_buf_is_loaded(marks.bufnr) then
    return
  end
  local found = vim.api.nvim_buf_get_extmark_by_id(marks.bufnr, space, marks.words, {})
  if not found[1] then
    return
  end
  local names = table.concat(params.waiting, ', ')
  local text = ('  moa: %s · %d/%d proposals'):format(marks.action, params.usable, params.asked)
  text = text .. (names ~= '' and (' · %s, %d s'):format(names, params.seconds) or '')
  text = text .. (params.settles and ' · :Moa go' or ' …')
  vim.api.nvim_buf_set_extmark(marks.bufnr, space, found[1], found[2], {
    id = marks.words,
    virt_text = { { text, 'MoaPartial' } },
    virt_text_pos = 'eol',
  })
end

--- The last lines of a text as virtual lines.
---@param text string
---@return [string, string][][]
local function lines_of(text)
  local lines = vim.split(text, '\n', { plain = true })
  local made = {}
  for at = math.max(#lines - LINES + 1, 1), #lines do
    table.insert(made, { { lines[at], 'MoaPartial' } })
  end
  return made
end

---@param params table
function M.handle(_, params)
  local marks = shown[params.run]
  if not marks then
    return
  end
  if params.done or not vim.api.nvim_buf_is_loaded(marks.bufnr) then
    return M.finish(params.run)
  end
  if params.text == '' then
    return
  end
  local last = params.range['end']
  local row = last.line
  if last.character == 0 and row > params.range.start.line then
    row = row - 1 -- the target ends before this line
  end
  marks.text = vim.api.nvim_buf_set_extmark(marks.bufnr, space, within(marks.bufnr, row), 0, {
    id = marks.text,
    virt_lines = lines_of(params.text),
  })
end

--- A run has ended: nothing of it is shown any more.
---@param run string
function M.finish(run)
  local marks = shown[run]
  shown[run] = nil
  if marks and vim.api.nvim_buf_is_loaded(marks.bufnr) then
    for _, id in pairs({ marks.words, marks.text }) do
      vim.api.nvim_buf_del_extmark(marks.bufnr, space, id)
    end
  end
end

return M
