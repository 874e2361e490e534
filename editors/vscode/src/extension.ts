/** Wires the commands of the editor to the server. What they do is the server's business. */
import * as vscode from 'vscode';
import { registerActions } from './actions';
import { inlineForLanguage, toggleInline } from './inline';
import { chooseMix } from './mixes';
import { install } from './program';
import { Server } from './server';
import { menu, StatusBar } from './statusBar';
import { usageText, type Usage } from './words';

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('Moa', { log: true });
  const started = new Server(log);
  server = started;
  const bar = new StatusBar(started);
  const on = (name: string, work: () => unknown): vscode.Disposable => vscode.commands.registerCommand(name, work);
  context.subscriptions.push(
    log,
    started,
    bar,
    ...registerActions(started),
    on('moa.cancelAll', () => started.command('moa.cancel')),
    on('moa.applyLast', () => started.command('moa.apply')),
    on('moa.chooseMix', () => chooseMix(started, 'actions', bar.status?.mix ?? null)),
    on('moa.chooseInlineMix', () => chooseMix(started, 'inline', bar.status?.inlineMix ?? null)),
    on('moa.toggleInline', toggleInline),
    on('moa.inlineForLanguage', inlineForLanguage),
    on('moa.showUsage', () => showUsage(started)),
    on('moa.showLog', () => {
      log.show(true);
    }),
    on('moa.openSettings', () => vscode.commands.executeCommand('workbench.action.openSettings', '@ext:moa-lsp.moa-lsp')),
    on('moa.restart', () => started.restart()),
    on('moa.install', () => install(context.extensionPath)),
    on('moa.menu', () => menu(bar.status)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => started.trusted(vscode.workspace.workspaceFolders ?? [])),
    vscode.workspace.onDidChangeWorkspaceFolders(({ added }) => {
      // VS Code asks before it adds a folder that is not trusted, and restricts the window after a no.
      if (vscode.workspace.isTrusted && added.length > 0) {
        return started.trusted(added);
      }
      return undefined;
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('moa.server')) {
        void started.restart();
      }
    }),
  );
  await started.restart();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

async function showUsage(of: Server): Promise<void> {
  const usage = (await of.command('moa.usage')) as Usage | undefined;
  if (usage !== undefined) {
    void vscode.window.showInformationMessage(`Moa: ${usageText(usage)}`);
  }
}
