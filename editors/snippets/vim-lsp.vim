if executable("moa-lsp")
  autocmd User lsp_setup call lsp#register_server({
        \ 'name': 'moa',
        \ 'cmd': {server_info -> ["moa-lsp", "serve"]},
        \ 'allowlist': ['python', 'go', 'rust', 'javascript', 'typescript'],
        \ })
endif
