-- In a Neovim under test: takes lines of JSON {code, argument} on a socket, runs each as Lua in the
-- main loop, and answers {value} or {error}.
local path = assert(vim.env.MOA_TEST_SOCKET)

local function run(line)
  local request = vim.json.decode(line)
  local chunk, wrong = load('return (function(...) ' .. request.code .. ' end)(...)')
  if not chunk then
    return { error = wrong }
  end
  local ok, value = xpcall(chunk, debug.traceback, request.argument)
  return ok and { value = value == nil and vim.NIL or value } or { error = tostring(value) }
end

local server = assert(vim.uv.new_pipe(false))
assert(server:bind(path))
server:listen(8, function()
  local peer = assert(vim.uv.new_pipe(false))
  server:accept(peer)
  local kept = ''
  peer:read_start(function(err, piece)
    if err or not piece then
      return peer:close()
    end
    kept = kept .. piece
    for line in kept:gmatch('([^\n]*)\n') do
      vim.schedule(function()
        peer:write(vim.json.encode(run(line)) .. '\n')
      end)
    end
    kept = kept:match('([^\n]*)$')
  end)
end)

_G.told, _G.heard = {}, {}
vim.notify = function(text, level)
  table.insert(_G.told, { text = text, level = level or vim.log.levels.INFO })
end
vim.api.nvim_create_autocmd('User', {
  pattern = 'Moa*',
  callback = function(event)
    table.insert(_G.heard, { event = event.match, data = event.data })
  end,
})
