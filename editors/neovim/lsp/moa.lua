-- What `vim.lsp.enable('moa')` starts; `vim.lsp.config('moa', {…})` changes any of it.
---@type vim.lsp.Config
return {
  cmd = { require('moa.install').program(), 'serve' },
  filetypes = {
    'c',
    'cpp',
    'cs',
    'go',
    'java',
    'javascript',
    'javascriptreact',
    'kotlin',
    'lua',
    'php',
    'python',
    'ruby',
    'rust',
    'sh',
    'typescript',
    'typescriptreact',
  },
  root_markers = { '.moa', '.git' },
  capabilities = {
    workspace = { workspaceEdit = { documentChanges = true } },
    experimental = { moa = { preview = true, partial = true, waiting = true, endings = true } },
  },
  -- An edit of the server is made for the text as it is: it must know of each change at once.
  flags = { debounce_text_changes = 0 },
  before_init = function(params, config)
    require('moa.client').before_init(params, config)
  end,
  on_init = function(client)
    require('moa.client').on_init(client)
  end,
  on_attach = function(client, bufnr)
    require('moa.client').on_attach(client, bufnr)
  end,
  on_exit = function(_, _, client_id)
    require('moa.client').on_exit(client_id)
  end,
  handlers = {
    ['moa/status'] = function(...)
      return require('moa.status').handle(...)
    end,
    ['moa/preview'] = function(...)
      return require('moa.preview').handle(...)
    end,
    ['moa/partial'] = function(...)
      return require('moa.partial').handle(...)
    end,
    ['moa/waiting'] = function(...)
      return require('moa.partial').waiting(...)
    end,
    ['workspace/applyEdit'] = function(...)
      return require('moa.edit').handle(...)
    end,
  },
  commands = {
    -- Code actions come this way: their runs are followed like those of `:Moa`.
    ['moa.run'] = function(command, ctx)
      local client = assert(vim.lsp.get_client_by_id(ctx.client_id))
      require('moa.run').start(client, ctx.bufnr, command.arguments[1])
    end,
    ['moa.refine'] = function(command, ctx)
      local client = assert(vim.lsp.get_client_by_id(ctx.client_id))
      local wish = command.arguments[1]
      require('moa.run').refine(client, wish.instruction, wish.only, wish.run)
    end,
  },
}
