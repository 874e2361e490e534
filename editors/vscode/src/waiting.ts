/** Who a run waits for, and going on without them. */
import * as vscode from 'vscode';
import type { Server } from './server';
import { waitingFor } from './words';

export class WaitingLine implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('moa.waiting', vscode.StatusBarAlignment.Right, 91);
  private readonly held: { dispose(): unknown }[];
  private run: string | undefined;

  constructor(server: Server) {
    this.item.name = 'Moa: who is waited for';
    this.item.command = 'moa.goOn';
    this.item.tooltip = 'Moa: go on with the proposals that are in, without those that are waited for';
    this.held = [
      this.item,
      server.onWaiting((waiting) => {
        if (waiting.settles) {
          this.run = waiting.run;
          this.item.text = `$(debug-step-over) Go on with these · ${waitingFor(waiting)}`;
          this.item.show();
          void this.offer(true);
        } else if (waiting.run === this.run) {
          this.hide();
        }
      }),
      server.onStatus((status) => {
        if (status === undefined || status.runs === 0) {
          this.hide();
        }
      }),
      vscode.commands.registerCommand('moa.goOn', () => server.command('moa.settle', this.run === undefined ? {} : { run: this.run })),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.held).dispose();
  }

  private hide(): void {
    this.run = undefined;
    this.item.hide();
    void this.offer(false);
  }

  private async offer(possible: boolean): Promise<void> {
    await vscode.commands.executeCommand('setContext', 'moa.settles', possible);
  }
}
