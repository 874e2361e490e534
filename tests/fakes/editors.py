"""The ``initialize`` that well-known editors send, in their own spelling and with their oddities.

Written after the clients' sources and what they were seen to send: the position encodings are
those that were measured (VS Code utf-16; Neovim and Helix utf-8 first; Eglot utf-32 first).
"""

from typing import Any

_SYMBOL_KINDS = {"valueSet": list(range(1, 27))}

VSCODE: dict[str, Any] = {
    "processId": 4242,
    "clientInfo": {"name": "Visual Studio Code", "version": "1.139.1"},
    "locale": "en",
    "rootPath": "/home/user/project",
    "rootUri": "file:///home/user/project",
    "capabilities": {
        "workspace": {
            "applyEdit": True,
            "workspaceEdit": {
                "documentChanges": True,
                "resourceOperations": ["create", "rename", "delete"],
                "failureHandling": "textOnlyTransactional",
                "normalizesLineEndings": True,
                "changeAnnotationSupport": {"groupsOnLabel": True},
                "metadataSupport": True,
                "snippetEditSupport": True,
            },
            "configuration": True,
            "didChangeWatchedFiles": {
                "dynamicRegistration": True,
                "relativePatternSupport": True,
            },
            "symbol": {
                "dynamicRegistration": True,
                "symbolKind": _SYMBOL_KINDS,
                "tagSupport": {"valueSet": [1]},
                "resolveSupport": {"properties": ["location.range"]},
            },
            "codeLens": {"refreshSupport": True},
            "executeCommand": {"dynamicRegistration": True},
            "didChangeConfiguration": {"dynamicRegistration": True},
            "workspaceFolders": True,
            "foldingRange": {"refreshSupport": True},
            "semanticTokens": {"refreshSupport": True},
            "fileOperations": {
                "dynamicRegistration": True,
                "didCreate": True,
                "didRename": True,
                "didDelete": True,
                "willCreate": True,
                "willRename": True,
                "willDelete": True,
            },
            "inlineValue": {"refreshSupport": True},
            "inlayHint": {"refreshSupport": True},
            "diagnostics": {"refreshSupport": True},
            "textDocumentContent": {"dynamicRegistration": True},
        },
        "textDocument": {
            "publishDiagnostics": {
                "relatedInformation": True,
                "versionSupport": False,
                "tagSupport": {"valueSet": [1, 2]},
                "codeDescriptionSupport": True,
                "dataSupport": True,
            },
            "synchronization": {
                "dynamicRegistration": True,
                "willSave": True,
                "willSaveWaitUntil": True,
                "didSave": True,
            },
            "completion": {
                "dynamicRegistration": True,
                "contextSupport": True,
                "completionItem": {
                    "snippetSupport": True,
                    "commitCharactersSupport": True,
                    "documentationFormat": ["markdown", "plaintext"],
                    "deprecatedSupport": True,
                    "preselectSupport": True,
                    "tagSupport": {"valueSet": [1]},
                    "insertReplaceSupport": True,
                    "resolveSupport": {
                        "properties": ["documentation", "detail", "additionalTextEdits"]
                    },
                    "insertTextModeSupport": {"valueSet": [1, 2]},
                    "labelDetailsSupport": True,
                },
                "insertTextMode": 2,
                "completionItemKind": {"valueSet": list(range(1, 26))},
                "completionList": {
                    "itemDefaults": ["commitCharacters", "editRange", "insertTextFormat", "data"],
                    "applyKindSupport": True,
                },
            },
            "hover": {"dynamicRegistration": True, "contentFormat": ["markdown", "plaintext"]},
            "codeAction": {
                "dynamicRegistration": True,
                "isPreferredSupport": True,
                "disabledSupport": True,
                "dataSupport": True,
                "documentationSupport": True,
                "resolveSupport": {"properties": ["edit", "command"]},
                "codeActionLiteralSupport": {
                    "codeActionKind": {
                        "valueSet": [
                            "",
                            "quickfix",
                            "refactor",
                            "refactor.extract",
                            "refactor.inline",
                            "refactor.move",
                            "refactor.rewrite",
                            "source",
                            "source.organizeImports",
                            "notebook",
                        ]
                    }
                },
                "honorsChangeAnnotations": True,
                "tagSupport": {"valueSet": [1]},
            },
            "inlineCompletion": {"dynamicRegistration": True},
            "semanticTokens": {
                "dynamicRegistration": True,
                "tokenTypes": ["namespace", "type", "class", "label"],
                "tokenModifiers": ["declaration", "async"],
                "formats": ["relative"],
                "requests": {"range": True, "full": {"delta": True}},
                "multilineTokenSupport": False,
                "overlappingTokenSupport": False,
                "serverCancelSupport": True,
                "augmentsSyntaxTokens": True,
            },
            "diagnostic": {"dynamicRegistration": True, "relatedDocumentSupport": False},
        },
        "window": {
            "showMessage": {"messageActionItem": {"additionalPropertiesSupport": True}},
            "showDocument": {"support": True},
            "workDoneProgress": True,
        },
        "general": {
            "staleRequestSupport": {
                "cancel": True,
                "retryOnContentModified": ["textDocument/semanticTokens/full"],
            },
            "regularExpressions": {"engine": "ECMAScript", "version": "ES2020"},
            "markdown": {"parser": "marked", "version": "1.1.0", "allowedTags": ["ul", "li"]},
            "positionEncodings": ["utf-16"],
        },
        "notebookDocument": {
            "synchronization": {"dynamicRegistration": True, "executionSummarySupport": True}
        },
        "experimental": {"moa": {"preview": True}},
    },
    "initializationOptions": {"mix": "auto", "trusted": True},
    "trace": "off",
    "workspaceFolders": [{"uri": "file:///home/user/project", "name": "project"}],
}

NEOVIM: dict[str, Any] = {
    "processId": 4243,
    "clientInfo": {"name": "Neovim", "version": "0.12.4+v0.12.4"},
    "rootPath": "/home/user/project",
    "rootUri": "file:///home/user/project",
    "workspaceFolders": [{"uri": "file:///home/user/project", "name": "/home/user/project"}],
    "trace": "off",
    "workDoneToken": "1",
    "initializationOptions": {},
    "capabilities": {
        "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
        "textDocument": {
            "codeAction": {
                "codeActionLiteralSupport": {
                    "codeActionKind": {
                        "valueSet": ["", "quickfix", "refactor", "refactor.rewrite", "source"]
                    }
                },
                "dataSupport": True,
                "disabledSupport": True,
                "dynamicRegistration": True,
                "honorsChangeAnnotations": True,
                "isPreferredSupport": True,
                "resolveSupport": {"properties": ["edit", "command"]},
            },
            "completion": {
                "completionItem": {
                    "commitCharactersSupport": False,
                    "documentationFormat": ["markdown", "plaintext"],
                    "snippetSupport": True,
                    "tagSupport": {"valueSet": [1]},
                },
                "completionItemKind": {"valueSet": list(range(1, 26))},
                "contextSupport": True,
                "dynamicRegistration": False,
            },
            "inlineCompletion": {"dynamicRegistration": False},
            "publishDiagnostics": {
                "dataSupport": True,
                "relatedInformation": True,
                "tagSupport": {"valueSet": [1, 2]},
            },
            "synchronization": {
                "didSave": True,
                "dynamicRegistration": False,
                "willSave": True,
                "willSaveWaitUntil": True,
            },
            "foldingRange": {
                "dynamicRegistration": False,
                "foldingRange": {"collapsedText": True},
                "lineFoldingOnly": True,
            },
        },
        "window": {
            "showDocument": {"support": True},
            "showMessage": {"messageActionItem": {"additionalPropertiesSupport": True}},
            "workDoneProgress": True,
        },
        "workspace": {
            "applyEdit": True,
            "configuration": True,
            "didChangeConfiguration": {"dynamicRegistration": False},
            "didChangeWatchedFiles": {
                "dynamicRegistration": False,
                "relativePatternSupport": True,
            },
            "workspaceEdit": {
                "changeAnnotationSupport": {"groupsOnLabel": True},
                "normalizesLineEndings": True,
                "resourceOperations": ["rename", "create", "delete"],
            },
            "workspaceFolders": True,
        },
    },
}

EGLOT: dict[str, Any] = {
    "processId": 4244,
    "clientInfo": {"name": "Eglot", "version": "1.17.30"},
    "rootPath": "/home/user/project/",
    "rootUri": "file:///home/user/project",
    "initializationOptions": {},
    "capabilities": {
        "workspace": {
            "applyEdit": True,
            "executeCommand": {"dynamicRegistration": False},
            "workspaceEdit": {"documentChanges": True},
            "didChangeWatchedFiles": {"dynamicRegistration": True},
            "symbol": {"dynamicRegistration": False},
            "configuration": True,
            "workspaceFolders": True,
        },
        "textDocument": {
            "synchronization": {
                "dynamicRegistration": False,
                "willSave": True,
                "willSaveWaitUntil": True,
                "didSave": True,
            },
            "completion": {
                "dynamicRegistration": False,
                "completionItem": {
                    "snippetSupport": False,
                    "deprecatedSupport": True,
                    "resolveSupport": {"properties": ["documentation", "details"]},
                    "tagSupport": {"valueSet": [1]},
                },
                "contextSupport": True,
            },
            "codeAction": {
                "dynamicRegistration": False,
                "resolveSupport": {"properties": ["edit", "command"]},
                "dataSupport": True,
                "codeActionLiteralSupport": {
                    "codeActionKind": {
                        "valueSet": ["quickfix", "refactor", "refactor.rewrite", "source"]
                    }
                },
                "isPreferredSupport": True,
            },
            "publishDiagnostics": {
                "relatedInformation": False,
                "versionSupport": True,
                "tagSupport": {"valueSet": [1, 2]},
            },
        },
        "window": {
            "showDocument": {"support": True},
            "showMessage": {"messageActionItem": {"additionalPropertiesSupport": True}},
            "workDoneProgress": True,
        },
        "general": {"positionEncodings": ["utf-32", "utf-8", "utf-16"]},
        "experimental": {},
    },
    "workspaceFolders": [{"uri": "file:///home/user/project", "name": "~/project/"}],
}

HELIX: dict[str, Any] = {
    "processId": 4245,
    "clientInfo": {"name": "helix", "version": "25.07.1"},
    "workspaceFolders": [{"uri": "file:///home/user/project", "name": "project"}],
    "rootPath": "/home/user/project",
    "rootUri": "file:///home/user/project",
    "initializationOptions": None,
    "capabilities": {
        "workspace": {
            "configuration": True,
            "didChangeConfiguration": {"dynamicRegistration": False},
            "workspaceFolders": True,
            "applyEdit": True,
            "symbol": {"dynamicRegistration": False},
            "executeCommand": {"dynamicRegistration": False},
            "inlayHint": {"refreshSupport": False},
            "workspaceEdit": {
                "documentChanges": True,
                "resourceOperations": ["create", "rename", "delete"],
                "failureHandling": "abort",
                "normalizesLineEndings": False,
            },
            "didChangeWatchedFiles": {
                "dynamicRegistration": True,
                "relativePatternSupport": False,
            },
            "fileOperations": {"willRename": True, "didRename": True},
        },
        "textDocument": {
            "completion": {
                "completionItem": {
                    "snippetSupport": True,
                    "resolveSupport": {
                        "properties": ["documentation", "detail", "additionalTextEdits"]
                    },
                    "insertReplaceSupport": True,
                    "deprecatedSupport": True,
                    "tagSupport": {"valueSet": [1]},
                },
                "completionItemKind": {},
                "contextSupport": None,
            },
            "hover": {"contentFormat": ["markdown"]},
            "codeAction": {
                "codeActionLiteralSupport": {
                    "codeActionKind": {
                        "valueSet": ["", "quickfix", "refactor", "refactor.rewrite", "source"]
                    }
                },
                "isPreferredSupport": True,
                "disabledSupport": True,
                "dataSupport": True,
                "resolveSupport": {"properties": ["edit", "command"]},
            },
            "publishDiagnostics": {
                "versionSupport": True,
                "tagSupport": {"valueSet": [1, 2]},
            },
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}},
        "general": {"positionEncodings": ["utf-8", "utf-32", "utf-16"]},
    },
}

ZED: dict[str, Any] = {
    "processId": 4246,
    "rootPath": None,
    "rootUri": "file:///home/user/project",
    "initializationOptions": None,
    "capabilities": {
        "workspace": {
            "applyEdit": True,
            "workspaceEdit": {
                "resourceOperations": ["create", "rename", "delete"],
                "documentChanges": True,
                "snippetEditSupport": True,
            },
            "didChangeWatchedFiles": {
                "dynamicRegistration": True,
                "relativePatternSupport": True,
            },
            "symbol": {"resolveSupport": {"properties": ["location.range"]}},
            "workspaceFolders": True,
            "configuration": True,
            "semanticTokens": {"refreshSupport": True},
            "inlayHint": {"refreshSupport": True},
            "diagnostics": {"refreshSupport": True},
            "executeCommand": {"dynamicRegistration": True},
        },
        "textDocument": {
            "synchronization": {"dynamicRegistration": True, "didSave": True},
            "codeAction": {
                "codeActionLiteralSupport": {
                    "codeActionKind": {
                        "valueSet": [
                            "refactor",
                            "refactor.extract",
                            "quickfix",
                            "source.fixAll",
                        ]
                    }
                },
                "dataSupport": True,
                "resolveSupport": {"properties": ["kind", "diagnostics", "edit", "command"]},
            },
            "completion": {
                "completionItem": {
                    "snippetSupport": True,
                    "insertReplaceSupport": True,
                    "insertTextModeSupport": {"valueSet": [1, 2]},
                },
                "insertTextMode": 2,
                "completionList": {"itemDefaults": ["editRange", "data", "insertTextMode"]},
            },
            "publishDiagnostics": {
                "relatedInformation": True,
                "versionSupport": True,
                "dataSupport": True,
                "tagSupport": {"valueSet": [1, 2]},
                "codeDescriptionSupport": True,
            },
            "onTypeFormatting": {"dynamicRegistration": True},
        },
        "experimental": {"serverStatusNotification": True, "localDocs": True},
        "window": {
            "workDoneProgress": True,
            "showMessage": {"messageActionItem": {"additionalPropertiesSupport": True}},
            "showDocument": {"support": True},
        },
        "general": {"positionEncodings": ["utf-16"]},
    },
    "trace": None,
    "workspaceFolders": [{"uri": "file:///home/user/project", "name": ""}],
    "clientInfo": {"name": "Zed", "version": "0.210.4"},
    "locale": None,
}

EDITORS: dict[str, tuple[dict[str, Any], str]] = {
    "vscode": (VSCODE, "utf-16"),
    "neovim": (NEOVIM, "utf-8"),
    "eglot": (EGLOT, "utf-32"),
    "helix": (HELIX, "utf-8"),
    "zed": (ZED, "utf-16"),
}
"""Each editor's parameters and the position encoding that must come of them."""
