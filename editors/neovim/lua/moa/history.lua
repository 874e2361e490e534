--- Instructions that were given before, by folder, for the completion of the next one.
local M = {}

local KEPT = 50 -- more than anybody looks through

---@return string
local function path()
  return vim.fs.joinpath(vim.fn.stdpath('state'), 'moa-instructions.json')
end

---@return table<string, string[]> by folder, the newest first
local function read()
  local file = io.open(path(), 'r')
  if not file then
    return {}
  end
  local text = file:read('*a')
  file:close()
  local ok, found = pcall(vim.json.decode, text)
  return ok and type(found) == 'table' and found or {}
end

---@return string
local function folder()
  local client = require('moa.client').of()
  return client and client.root_dir or vim.fn.getcwd()
end

--- Earlier instructions of this folder, the newest first.
---@return string[]
function M.list()
  return read()[folder()] or {}
end

--- Keep an instruction; a write that fails is no reason to stop.
---@param instruction string
function M.add(instruction)
  local text = vim.trim(instruction)
  if text == '' then
    return
  end
  local all = read()
  local here = vim.tbl_filter(function(each)
    return each ~= text
  end, all[folder()] or {})
  table.insert(here, 1, text)
  all[folder()] = vim.list_slice(here, 1, KEPT)
  vim.fn.mkdir(vim.fs.dirname(path()), 'p')
  local file = io.open(path(), 'w')
  if file then
    file:write(vim.json.encode(all))
    file:close()
  end
end

--- For `customlist`: those that have what is typed in them.
---@param lead string
---@return string[]
function M.complete(lead)
  return vim.tbl_filter(function(each)
    return each:lower():find(lead:lower(), 1, true) ~= nil
  end, M.list())
end

--- Ask for an instruction; <Tab> completes earlier ones.
---@param prompt string
---@param done fun(instruction: string) not called when the user leaves
function M.ask(prompt, done)
  vim.ui.input({
    prompt = prompt,
    completion = "customlist,v:lua.require'moa.history'.complete",
  }, function(instruction)
    if instruction then
      M.add(instruction)
      done(instruction)
    end
  end)
end

return M
