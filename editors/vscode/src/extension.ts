/** Wires the commands of the editor to the server. What they do is the server's business. */
import * as vscode from 'vscode';
import { registerActions } from './actions';
import { registerChatModels } from './chatModels';
import { EndLine } from './end';
import { Instructions } from './history';
import { Keys } from './keys';
import { inlineForLanguage, toggleInline } from './inline';
import { chooseMix } from './mixes';
import { PartialText } from './partial';
import { Installation } from './program';
import { Proposals } from './proposals';
import { Review } from './review';
import { Runs } from './runs';
import { Server } from './server';
import { openConfiguration } from './remedies';
import { menu, StatusBar } from './statusBar';
import { WaitingLine } from './waiting';
import { usageText } from './words';

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('Moa', { log: true });
  const installation = new Installation(context, log);
  const review = new Review();
  const keys = new Keys(context.secrets, context.globalState);
  const started = new Server(log, () => installation.find(), review, keys);
  server = started;
  const runs = new Runs(started);
  const instructions = new Instructions(context.workspaceState);
  const bar = new StatusBar(started);
  const on = (name: string, work: () => unknown): vscode.Disposable => vscode.commands.registerCommand(name, work);
  context.subscriptions.push(
    log,
    started,
    bar,
    review,
    runs,
    instructions,
    new EndLine(started, runs, review),
    new Proposals(started, runs, instructions),
    new PartialText(started),
    new WaitingLine(started),
    registerChatModels(started),
    ...registerActions(started, instructions),
    on('moa.showDiff', () => runs.showDiff()),
    on('moa.undoLast', () => runs.undo()),
    on('moa.runAgain', () => runs.again()),
    on('moa.whyNothing', () => whyNothing(started)),
    on('moa.cancelAll', () => started.command('moa.cancel')),
    on('moa.applyLast', (run?: string) => started.command('moa.apply', run === undefined ? {} : { run })),
    on('moa.setKey', async (variable?: string) => {
      if (await keys.ask(variable)) {
        await started.restart();
      }
    }),
    on('moa.openConfiguration', openConfiguration),
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
    on('moa.install', () => install(installation, started)),
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
  if (installation.cutOff) {
    await install(installation, started);
  } else {
    await started.restart();
  }
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

/** Install the server that came with the extension, and start it. */
async function install(installation: Installation, of: Server): Promise<void> {
  if (await installation.install()) {
    await of.restart();
    await installation.tidy();
  }
}

/** Say why there is no grey text at the cursor. */
async function whyNothing(of: Server): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return;
  }
  const { line, character } = editor.selection.active;
  const answer = await of.command('moa.why', { uri: editor.document.uri.toString(), position: { line, character } });
  if (answer !== undefined) {
    void vscode.window.showInformationMessage(`Moa: ${answer.reason}`);
  }
}

async function showUsage(of: Server): Promise<void> {
  const usage = await of.command('moa.usage');
  if (usage !== undefined) {
    void vscode.window.showInformationMessage(`Moa: ${usageText(usage)}`);
  }
}
