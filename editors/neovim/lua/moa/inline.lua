--- Inline completion: Neovim shows it; here is what a suggestion may do once the text has changed.
local client = require('moa.client')

local M = {}

--- The part of a text that is taken: all, up to the end of the next word, or of the line.
---@param text string
---@param typed integer bytes that stand there already
---@param part 'all'|'word'|'line'
---@return string
local function cut(text, typed, part)
  local rest = text:sub(typed + 1)
  if part == 'word' then
    rest = rest:match('^%s*[%w_\128-\255]+') or rest:match('^%s*[^%w_%s]+') or rest
  elseif part == 'line' then
    rest = rest:match('^\n?[^\n]*') or rest
  end
  return text:sub(1, typed) .. rest
end

--- The suggestion for the text as it is now, `nil` when it does not fit it any more. Neovim keeps
--- showing one while the user types on, and would put it where it was made for.
---@param item vim.lsp.inline_completion.Item
---@param part 'all'|'word'|'line'
---@return vim.lsp.inline_completion.Item?
local function fitting(item, part)
  local text = item.insert_text
  if type(text) ~= 'string' or not item.range then
    return item
  end
  local row, col = item.range:to_extmark()
  local cursor = vim.api.nvim_win_get_cursor(0)
  if cursor[1] - 1 ~= row or cursor[2] < col then
    return nil
  end
  local typed = vim.api.nvim_get_current_line():sub(col + 1, cursor[2])
  if not vim.startswith(text, typed) then
    return nil
  end
  local taken = cut(text, #typed, part)
  local bufnr = vim.api.nvim_get_current_buf()
  item.insert_text = taken
  item.range = vim.range.extmark(bufnr, row, col, row, cursor[2])
  item.command = taken == text and item.command or nil
  return item
end

--- Take what is shown.
---@param part? 'all'|'word'|'line'
---@return boolean whether anything was shown
function M.accept(part)
  local inline = vim.lsp.inline_completion
  return inline ~= nil
    and inline.get({
      on_accept = function(item)
        return fitting(item, part or 'all')
      end,
    })
end

--- Show the next one of several.
function M.next()
  if vim.lsp.inline_completion then
    vim.lsp.inline_completion.select()
  end
end

--- Hide what is shown.
function M.dismiss()
  if vim.lsp.inline_completion then
    vim.lsp.inline_completion.get({
      on_accept = function()
        return nil
      end,
    })
  end
end

--- Switch inline completion in the current buffer.
---@param word string `on`, `off`, or nothing to turn it round
function M.switch(word)
  local inline = vim.lsp.inline_completion
  if not inline then
    return client.tell('inline completion needs Neovim 0.12', vim.log.levels.WARN)
  end
  if client.need() then
    local filter = { bufnr = 0 } -- Neovim switches a buffer, not a client in a buffer
    local on = word == 'on' or (word == '' and not inline.is_enabled(filter))
    inline.enable(on, filter)
    client.tell('inline completion is ' .. (on and 'on' or 'off'))
  end
end

return M
