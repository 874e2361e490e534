--- `:checkhealth moa`
local M = {}

local health = vim.health

--- Plugins that show suggestions of their own, by what tells that one is loaded.
local OTHERS = {
  ['copilot.vim'] = { global = 'loaded_copilot' },
  ['copilot.lua'] = { module = 'copilot' },
  ['windsurf.vim'] = { global = 'loaded_codeium' },
  ['supermaven-nvim'] = { module = 'supermaven-nvim' },
  ['minuet-ai.nvim'] = { module = 'minuet' },
  ['llama.vim'] = { global = 'loaded_llama' },
  ['vim-tabby'] = { global = 'loaded_tabby' },
}

---@param argv string[]
---@return vim.SystemCompleted? nil when it cannot be started
local function call(argv)
  local started, process = pcall(vim.system, argv, { text = true, timeout = 20000 })
  return started and process:wait() or nil
end

local function check_version()
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.11') == 0 then
    health.error(('Neovim %s'):format(version), 'moa needs Neovim 0.11 or newer')
  elseif not vim.lsp.inline_completion then
    health.warn(('Neovim %s: inline completion needs 0.12'):format(version))
  else
    health.ok('Neovim ' .. version)
  end
end

--- The server's program with the arguments that go before the name of a command.
---@return string[]?
local function program()
  local cmd = vim.lsp.config.moa.cmd
  if type(cmd) ~= 'table' then
    health.info('cmd is a function; the program is not looked at')
    return nil
  end
  local argv = vim.list_slice(cmd, 1, #cmd)
  while #argv > 1 and (argv[#argv] == 'serve' or vim.startswith(argv[#argv], '--')) do
    table.remove(argv)
  end
  if vim.fn.executable(argv[1]) == 0 then
    health.error(('cannot run `%s`'):format(argv[1]), {
      'install it: :MoaInstall, then open a file again',
      "or name it: vim.lsp.config('moa', { cmd = { '/path/to/moa-lsp', 'serve' } })",
    })
    return nil
  end
  return argv
end

---@param argv string[]
local function check_server(argv)
  local done = call(vim.list_extend(vim.deepcopy(argv), { '--version' }))
  if not done or done.code ~= 0 then
    return health.error(
      ('`%s --version` fails'):format(table.concat(argv, ' ')),
      'its Python may be gone; :MoaInstall makes it anew'
    )
  end
  health.ok(('%s at %s'):format(vim.trim(done.stdout), vim.fn.exepath(argv[1])))
  local checked = call(vim.list_extend(vim.deepcopy(argv), { 'mix', 'check' }))
  if checked and checked.code == 0 then
    health.ok('configuration and mixes are right; `moa-lsp doctor` says where they are looked for')
  elseif checked then
    health.error('configuration or mixes', vim.split(vim.trim(checked.stderr), '\n'))
  end
end

local function check_clients()
  if not vim.lsp.is_enabled('moa') then
    health.warn('not enabled', "vim.lsp.enable('moa')")
  end
  for _, client in ipairs(vim.lsp.get_clients({ name = 'moa' })) do
    local count = vim.tbl_count(client.attached_buffers)
    local root = client.root_dir or 'no folder'
    health.info(('at work on %d buffers in %s (%s)'):format(count, root, client.offset_encoding))
  end
end

local function check_others()
  local found = {}
  for name, sign in pairs(OTHERS) do
    if (sign.global and vim.g[sign.global]) or (sign.module and package.loaded[sign.module]) then
      table.insert(found, name)
    end
  end
  for _, client in ipairs(vim.lsp.get_clients({ method = 'textDocument/inlineCompletion' })) do
    if client.name ~= 'moa' then
      table.insert(found, client.name .. ' (a language server)')
    end
  end
  if #found == 0 then
    return health.ok('nothing else shows inline completions')
  end
  table.sort(found)
  health.warn('also shows inline completions: ' .. table.concat(found, ', '), {
    'switch one of them off; for this one: vim.g.moa_inline = false',
  })
end

function M.check()
  health.start('moa')
  check_version()
  local argv = program()
  if argv then
    check_server(argv)
  end
  check_clients()
  check_others()
  health.info('log: ' .. vim.lsp.log.get_filename())
end

return M
