--- Whether the user trusts the opened folder: every file of its `.moa` must be one that the user
--- has looked at and trusted (`:help :trust`), as it is now.
local client = require('moa.client')

local M = {}

local DID_CHANGE_TRUST = 'moa/didChangeTrust'

---@type table<string, table<string, string>> by folder, what was trusted in each of its files
local trusted = {}

---@type table<integer, uv.uv_fs_event_t[]> by client
local watchers = {}

--- The files of a folder that the server reads.
---@param root string
---@return string[]
local function files(root)
  local found = vim.fn.glob(root .. '/.moa/mixes/*.y*ml', true, true)
  table.insert(found, 1, root .. '/.moa/config.yaml')
  return vim.tbl_filter(vim.uv.fs_stat, found)
end

---@param path string
---@return string?
local function contents(path)
  local file = io.open(path, 'rb')
  if not file then
    return nil
  end
  local text = file:read('*a')
  file:close()
  return text
end

--- Look whether the folder is trusted; Neovim asks about files that it does not know.
---@param root? string
---@return boolean
function M.ask(root)
  if not root then
    return false
  end
  trusted[root] = nil
  local found = {}
  for _, path in ipairs(files(root)) do
    local text = vim.secure.read(path)
    if type(text) ~= 'string' then
      return false
    end
    found[path] = text
  end
  if not next(found) then
    return false
  end
  trusted[root] = found
  return true
end

--- Whether the files are still those that were trusted; asks nobody.
---@param root string
---@return boolean
local function unchanged(root)
  local known = trusted[root] or {}
  local now = files(root)
  if #now ~= vim.tbl_count(known) then
    return false
  end
  for _, path in ipairs(now) do
    if known[path] == nil or contents(path) ~= known[path] then
      return false
    end
  end
  return true
end

--- Tell the server whether one folder is trusted.
---@param server vim.lsp.Client
---@param root? string
---@param yes boolean
local function tell(server, root, yes)
  local folders = root and { vim.uri_from_fname(root) } or nil
  server:notify(DID_CHANGE_TRUST, { trusted = yes, folders = folders })
end

---@param server vim.lsp.Client
local function check(server)
  local root = server.root_dir
  if root and trusted[root] and not unchanged(root) then
    trusted[root] = nil
    tell(server, root, false)
    local text = '.moa has changed and counts no longer; :Moa trust looks at it again'
    client.tell(text, vim.log.levels.WARN)
  end
end

--- Take trust back as soon as a file changes, long before the server would use it.
---@param server vim.lsp.Client
function M.watch(server)
  M.unwatch(server.id)
  local root = server.root_dir
  if not root or not trusted[root] then
    return
  end
  watchers[server.id] = {}
  for _, folder in ipairs({ root .. '/.moa', root .. '/.moa/mixes' }) do
    local watcher = assert(vim.uv.new_fs_event())
    local began = watcher:start(
      folder,
      {},
      vim.schedule_wrap(function()
        check(server)
      end)
    )
    if began then
      table.insert(watchers[server.id], watcher)
    else
      watcher:close()
    end
  end
end

--- Ask anew about a folder's files and tell the server.
---@param server vim.lsp.Client
function M.renew(server)
  local yes = M.ask(server.root_dir)
  tell(server, server.root_dir, yes)
  M.watch(server)
  if yes then
    client.tell('the mixes of this folder count')
  else
    client.tell('this folder is not trusted: there is no .moa, or not all of it is (:help :trust)')
  end
end

---@param client_id integer
function M.unwatch(client_id)
  for _, watcher in ipairs(watchers[client_id] or {}) do
    watcher:stop()
    watcher:close()
  end
  watchers[client_id] = nil
end

M.forget = M.unwatch

return M
