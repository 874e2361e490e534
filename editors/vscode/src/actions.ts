/** The palette's actions: an instruction, and `moa.run` on the selection. */
import * as vscode from 'vscode';
import type { Instructions } from './history';
import type { Server } from './server';

/** Built-in actions by command; those that the user defines are in the editor's own action menu. */
const ACTIONS = {
  'moa.generate': { id: 'generate', ask: 'What shall be written here?' },
  'moa.refactor': { id: 'refactor', ask: 'How shall it be changed?' },
  'moa.explain': { id: 'explain', ask: 'What do you want to know?' },
  'moa.fix': { id: 'fix', ask: 'What is wrong?' },
  'moa.document': { id: 'document', ask: 'What shall the documentation say?' },
  'moa.test': { id: 'test', ask: 'What shall be tested?' },
} as const;

export function registerActions(server: Server, instructions: Instructions): vscode.Disposable[] {
  return Object.entries(ACTIONS).map(([command, { id, ask }]) =>
    vscode.commands.registerTextEditorCommand(command, (editor) => {
      void run(server, instructions, editor, id, ask);
    }),
  );
}

async function run(
  server: Server,
  instructions: Instructions,
  editor: vscode.TextEditor,
  action: string,
  ask: string,
): Promise<void> {
  const { document, selection } = editor;
  // Of now: the text may move on while the user writes the instruction, and the server is told so.
  const wish = {
    action,
    uri: document.uri.toString(),
    range: {
      start: { line: selection.start.line, character: selection.start.character },
      end: { line: selection.end.line, character: selection.end.character },
    },
    version: document.version,
  };
  // The menu's request makes the server remember this version, and the diagnostics here.
  await vscode.commands.executeCommand('vscode.executeCodeActionProvider', document.uri, selection);
  const instruction = await instructions.ask(`Moa: ${action}`, ask);
  if (instruction !== undefined) {
    await server.command('moa.run', { ...wish, instruction });
  }
}
