/** The status bar's item, and the menu behind it. */
import * as vscode from 'vscode';
import type { Server } from './server';
import type { Status } from './wire';
import { statusText, statusTip } from './words';

const COLOURS = {
  idle: undefined,
  busy: undefined,
  warning: new vscode.ThemeColor('statusBarItem.warningBackground'),
  error: new vscode.ThemeColor('statusBarItem.errorBackground'),
} as const;

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('moa.status', vscode.StatusBarAlignment.Right, 90);
  private readonly listening: vscode.Disposable;
  private now: Status | undefined;

  constructor(server: Server) {
    this.item.name = 'Moa';
    this.item.command = 'moa.menu';
    this.show(undefined);
    this.item.show();
    this.listening = server.onStatus((status) => {
      this.show(status);
    });
  }

  /** What the server said last. */
  get status(): Status | undefined {
    return this.now;
  }

  dispose(): void {
    this.listening.dispose();
    this.item.dispose();
  }

  private show(status: Status | undefined): void {
    this.now = status;
    this.item.text = status === undefined ? '$(circle-slash) Moa' : statusText(status);
    this.item.tooltip = status === undefined ? 'Moa: the server does not run' : statusTip(status);
    this.item.backgroundColor = status === undefined ? undefined : COLOURS[status.state];
    void vscode.commands.executeCommand('setContext', 'moa.busy', status?.state === 'busy');
  }
}

export async function menu(status: Status | undefined): Promise<void> {
  const entry = (icon: string, label: string, command: string, description = ''): vscode.QuickPickItem & { command: string } => ({
    label: `$(${icon}) ${label}`,
    description,
    command,
  });
  const always = [
    entry('output', 'Show log', 'moa.showLog'),
    entry('refresh', 'Restart the server', 'moa.restart'),
    entry('gear', 'Settings', 'moa.openSettings'),
  ];
  const items =
    status === undefined
      ? [...always, entry('cloud-download', 'Install the server…', 'moa.install')]
      : [
          ...(status.runs > 0 ? [entry('debug-stop', 'Cancel all runs', 'moa.cancelAll', String(status.runs))] : []),
          entry('list-selection', 'Last run…', 'moa.lastRun'),
          entry('layers', 'Mix for actions…', 'moa.chooseMix', status.mix ?? ''),
          entry('layers', 'Mix for inline completion…', 'moa.chooseInlineMix', status.inlineMix ?? 'off'),
          entry('lightbulb', 'Inline completion on or off', 'moa.toggleInline'),
          entry('symbol-keyword', 'Inline completion for this language…', 'moa.inlineForLanguage'),
          entry('question', 'Why is there no suggestion here?', 'moa.whyNothing'),
          entry('graph', 'Usage', 'moa.showUsage'),
          ...always,
        ];
  const message = status?.message ?? 'the server does not run';
  const chosen = await vscode.window.showQuickPick(items, { title: 'Moa', placeHolder: message === '' ? 'ready' : message });
  if (chosen !== undefined) {
    await vscode.commands.executeCommand(chosen.command);
  }
}
