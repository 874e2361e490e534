--- `:MoaInstall`: the server in a virtual environment of its own below stdpath('data'), made of a
--- wheel or of a checkout. What is installed is named by its path: never by a name in a registry.
local M = {}

local PYTHONS = { 'python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python' }
local NEW_ENOUGH = 'import sys; sys.exit(sys.version_info < (3, 11))'
local STEP_MS = 600000 -- for one command: libraries come over slow lines, too

---@return string
local function environment()
  return vim.fs.joinpath(vim.fn.stdpath('data'), 'moa', 'server')
end

---@param name string
---@return string
local function in_environment(name)
  if vim.fn.has('win32') == 1 then
    return vim.fs.joinpath(environment(), 'Scripts', name .. '.exe')
  end
  return vim.fs.joinpath(environment(), 'bin', name)
end

--- The program of the server: that of the environment where there is one, else by its name.
---@return string
function M.program()
  local own = in_environment('moa-lsp')
  return vim.fn.executable(own) == 1 and own or 'moa-lsp'
end

--- The checkout that this plugin is a part of.
---@return string? path
local function checkout()
  local here = vim.api.nvim_get_runtime_file('lua/moa/install.lua', false)[1]
  local root = here and vim.fs.root(here, 'pyproject.toml')
  return root and vim.fs.normalize(root) or nil
end

--- The ways to make the environment, each a list of commands.
---@param source string
---@return string[][][]
local function ways(source)
  local made = {}
  local python = in_environment('python')
  for _, name in ipairs(PYTHONS) do
    if vim.fn.executable(name) == 1 then
      table.insert(made, {
        { name, '-c', NEW_ENOUGH },
        { name, '-m', 'venv', '--clear', environment() },
        { python, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', source },
      })
    end
  end
  if vim.fn.executable('uv') == 1 then
    table.insert(made, {
      { 'uv', 'venv', '--quiet', '--clear', '--python', '>=3.11', environment() },
      { 'uv', 'pip', 'install', '--quiet', '--python', python, source },
    })
  end
  return made
end

--- Why a command failed, by what it said: its last line, or the package that Debian's venv wants.
---@param out vim.SystemCompleted
---@return string?
local function reason(out)
  local package = out.stdout:match('apt install (%S+)')
  if package then
    return ('its Python makes no environments without the package %s; '):format(package)
      .. ('run `apt install %s` as root, then :MoaInstall again'):format(package)
  end
  local said = vim.split(vim.trim(out.stderr ~= '' and out.stderr or out.stdout), '\n')
  return said[#said] ~= '' and said[#said] or nil
end

--- Run commands one after the other until one fails.
---@param commands string[][]
---@param done fun(wrong?: string) with the last line of the one that failed
local function chain(commands, done)
  local function step(number)
    if not commands[number] then
      return done(nil)
    end
    local options = { text = true, timeout = STEP_MS, cwd = vim.uv.os_homedir() }
    vim.system(commands[number], options, function(out)
      if out.code == 0 then
        return step(number + 1)
      end
      done(reason(out) or table.concat(commands[number], ' ') .. ' failed')
    end)
  end
  step(1)
end

--- Install, tell how it went, and start the server.
---@param source string a wheel or a checkout; empty: the checkout of this plugin
function M.run(source)
  local client = require('moa.client')
  local from = source ~= '' and vim.fn.fnamemodify(vim.fn.expand(source), ':p') or checkout()
  if not from or not vim.uv.fs_stat(from) then
    local text = 'there is no checkout around this plugin; say which: :MoaInstall /path/to/wheel'
    return client.tell(source ~= '' and from .. ' is not there' or text, vim.log.levels.ERROR)
  end
  local tried = ways(from)
  if #tried == 0 then
    local text = 'neither Python 3.11 or newer nor uv is on the path; install one of them'
    return client.tell(text, vim.log.levels.ERROR)
  end
  client.tell('installing the server from ' .. from)
  local function try(number, why)
    if not tried[number] then
      return vim.schedule(function()
        client.tell('the server could not be installed: ' .. why, vim.log.levels.ERROR)
      end)
    end
    chain(tried[number], function(wrong)
      if wrong then
        return try(number + 1, wrong)
      end
      vim.schedule(function()
        vim.lsp.config('moa', { cmd = { in_environment('moa-lsp'), 'serve' } })
        vim.lsp.enable('moa', false)
        vim.lsp.enable('moa')
        client.tell('the server is installed and starts')
      end)
    end)
  end
  try(1, '')
end

return M
