--- A window in the middle of the screen with lines that are read, not written.
local M = {}

local WIDTH, HEIGHT = 100, 30 -- at most, in cells

---@param lines string[]
---@param title string
---@param keys string what the footer says
---@return integer window
---@return integer bufnr
function M.open(lines, title, keys)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.bo[bufnr].filetype = 'diff'
  vim.bo[bufnr].bufhidden = 'wipe'
  M.fill(bufnr, lines)
  local width = math.max(math.min(WIDTH, vim.o.columns - 4), 20)
  local height = math.max(math.min(HEIGHT, #lines, vim.o.lines - 6), 1)
  local window = vim.api.nvim_open_win(bufnr, true, {
    relative = 'editor',
    row = math.floor((vim.o.lines - height) / 2) - 1,
    col = math.floor((vim.o.columns - width) / 2),
    width = width,
    height = height,
    border = 'rounded',
    title = (' %s '):format(title),
    footer = { { keys, 'MoaPreviewKeys' } },
    style = 'minimal',
  })
  vim.wo[window].winhighlight =
    'NormalFloat:MoaPreview,FloatBorder:MoaPreviewBorder,FloatTitle:MoaPreviewTitle'
  return window, bufnr
end

---@param bufnr integer
---@param lines string[]
function M.fill(bufnr, lines)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
end

return M
