--- The life of the language client: where it starts, what it says first, what it does in a buffer.
local M = {}

local NAME = 'moa'

--- The client that serves a buffer.
---@param bufnr? integer default: the current buffer
---@return vim.lsp.Client?
function M.of(bufnr)
  return vim.lsp.get_clients({ name = NAME, bufnr = bufnr or 0 })[1]
end

--- The client that serves the current buffer; tells the user when there is none.
---@param anywhere? boolean another one will do, where this buffer has none
---@return vim.lsp.Client?
function M.need(anywhere)
  local client = M.of() or (anywhere and vim.lsp.get_clients({ name = NAME })[1] or nil)
  if not client then
    M.tell('no server is at work in this buffer; :checkhealth moa says why', vim.log.levels.WARN)
  end
  return client
end

---@param text string
---@param level? integer
function M.tell(text, level)
  vim.notify('moa: ' .. text, level or vim.log.levels.INFO)
end

--- Send one of the server's commands; an error is told unless `done` is given one.
---@param client vim.lsp.Client
---@param command string
---@param argument table
---@param done? fun(answer: any)
---@param bufnr? integer
function M.execute(client, command, argument, done, bufnr)
  local params = { command = command, arguments = { argument } }
  client:request('workspace/executeCommand', params, function(err, answer)
    if err then
      local ending = require('moa.ending')
      local hints = ending.hints(type(err.data) == 'table' and err.data.remedies or nil)
      M.tell(ending.words(err.message) .. hints, vim.log.levels.WARN)
    elseif done then
      done(answer)
    end
  end, bufnr or 0)
end

--- Tell the user, once, that the server's program cannot be run: Neovim only logs it.
---@return boolean whether there is nothing left to look at
function M.check_program()
  if vim.lsp.is_enabled and not vim.lsp.is_enabled(NAME) then
    return false
  end
  local cmd = vim.lsp.config[NAME].cmd
  if type(cmd) == 'table' and vim.fn.executable(cmd[1]) == 0 then
    local fix = "vim.lsp.config('moa', { cmd = { '/path/to/moa-lsp', 'serve' } })"
    local text = 'cannot run `%s`; :MoaInstall installs it, or name the program with %s'
    M.tell(text:format(cmd[1], fix), vim.log.levels.ERROR)
  end
  return true
end

---@param params table
---@param config vim.lsp.ClientConfig
function M.before_init(params, config)
  local given = params.initializationOptions
  local options = type(given) == 'table' and vim.deepcopy(given) or {}
  options.trusted = require('moa.trust').ask(config.root_dir)
  params.initializationOptions = options
end

---@param client vim.lsp.Client
function M.on_init(client)
  require('moa.trust').watch(client)
end

---@param bufnr integer
function M.on_attach(_, bufnr)
  if vim.lsp.inline_completion and vim.g.moa_inline ~= false then
    vim.lsp.inline_completion.enable(true, { bufnr = bufnr })
  end
end

---@param client_id integer
function M.on_exit(client_id)
  vim.schedule(function()
    require('moa.trust').forget(client_id)
    require('moa.status').forget(client_id)
    require('moa.preview').forget(client_id)
  end)
end

return M
