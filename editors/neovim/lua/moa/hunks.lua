--- An edit of several parts as lines of a diff, each of which is taken or left out.
local M = {}

---@class moa.Hunk
---@field id string|integer
---@field uri string
---@field range lsp.Range
---@field newText string

---@class moa.Place
---@field id string|integer
---@field first integer 1-based line of its heading
---@field last integer 1-based

---@param bufnr integer
---@param at lsp.Position
---@param encoding string
---@return integer row
---@return integer byte
local function place_of(bufnr, at, encoding)
  local count = vim.api.nvim_buf_line_count(bufnr)
  local row = math.min(at.line, count - 1)
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, true)[1]
  if at.line >= count then
    return row, #line -- behind the last line end
  end
  return row, vim.str_byteindex(line, encoding, at.character, false)
end

--- What an edit does, hunk by hunk: whole lines before and after.
---@param hunk moa.Hunk
---@param encoding string
---@return string[] old
---@return string[] new
local function sides(hunk, encoding)
  local new = vim.split(hunk.newText:gsub('\r\n?', '\n'), '\n', { plain = true })
  local bufnr = vim.uri_to_bufnr(hunk.uri)
  if not vim.api.nvim_buf_is_loaded(bufnr) then
    return {}, new
  end
  local from, start = place_of(bufnr, hunk.range.start, encoding)
  local to, stop = place_of(bufnr, hunk.range['end'], encoding)
  local old = vim.api.nvim_buf_get_lines(bufnr, from, to + 1, true)
  local head, tail = old[1]:sub(1, start), old[#old]:sub(stop + 1)
  new[1] = head .. new[1]
  new[#new] = new[#new] .. tail
  -- Lines that it only begins behind or ends before.
  while #old > 0 and #new > 0 and old[#old] == new[#new] do
    table.remove(old)
    table.remove(new)
  end
  while #old > 0 and #new > 0 and old[1] == new[1] do
    table.remove(old, 1)
    table.remove(new, 1)
  end
  return old, new
end

--- The lines of all hunks.
---@param hunks moa.Hunk[]
---@param taken table<string|integer, boolean>
---@param encoding string
---@return string[] lines
---@return moa.Place[]
function M.lines(hunks, taken, encoding)
  local lines, places = {}, {}
  for _, hunk in ipairs(hunks) do
    local first = #lines + 1
    local box = taken[hunk.id] and 'x' or ' '
    local name = vim.fs.basename(vim.uri_to_fname(hunk.uri))
    table.insert(lines, ('@@ [%s] %s, line %d @@'):format(box, name, hunk.range.start.line + 1))
    local old, new = sides(hunk, encoding)
    for _, line in ipairs(old) do
      table.insert(lines, '-' .. line)
    end
    for _, line in ipairs(new) do
      table.insert(lines, '+' .. line)
    end
    table.insert(places, { id = hunk.id, first = first, last = #lines })
  end
  return lines, places
end

--- The hunk at a line, by number.
---@param places moa.Place[]
---@param line integer 1-based
---@return integer? number
function M.at(places, line)
  for number, place in ipairs(places) do
    if line >= place.first and line <= place.last then
      return number
    end
  end
end

return M
