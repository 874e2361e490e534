/** The end of a run: one line in the status bar, what can be done with it behind a click. */
import * as vscode from 'vscode';
import type { Review } from './review';
import type { Run, Runs } from './runs';
import type { Server } from './server';
import { tell, type Choice } from './remedies';
import { endText, failureText, proposalCount, takeable, troubleText } from './words';

/** How long the line of a run's end stands; its offer of proposals goes with it unless that is on. */
const SHOWN_MS = 60_000;

const DIFF = 'Show diff';
const UNDO = 'Undo';
const AGAIN = 'Again';
const CHANGED: readonly Choice[] = [
  { label: DIFF, command: 'moa.showDiff' },
  { label: UNDO, command: 'moa.undoLast' },
];

export class EndLine implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('moa.end', vscode.StatusBarAlignment.Right, 89);
  private readonly held: { dispose(): unknown }[];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    server: Server,
    private readonly runs: Runs,
    private readonly review: Review,
  ) {
    this.item.name = 'Moa: last run';
    this.item.command = 'moa.lastRun';
    this.held = [
      this.item,
      runs.onEnd((run) => {
        void this.show(run);
      }),
      server.onStart(() => {
        this.item.hide();
      }),
      vscode.commands.registerCommand('moa.lastRun', () => this.menu()),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.held).dispose();
  }

  private async show(run: Run): Promise<void> {
    const { record } = run;
    if (record === undefined) {
      return;
    }
    const line = endText(record);
    this.item.text = `$(${record.state === 'done' ? 'check' : 'circle-slash'}) ${line}`;
    this.item.tooltip = `Moa: ${record.action}, ${record.mix}\nClick: show the diff, undo, again, other proposals, refine`;
    this.item.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.item.hide();
    }, SHOWN_MS);
    const made = this.review.newFileOf(run.id);
    if (record.applied && made !== undefined) {
      await vscode.window.showTextDocument(made, { preview: false });
    }
    const said = failureText(record) ?? troubleText(record) ?? hiddenText(run);
    if (said !== undefined) {
      const quiet = record.state === 'done' && troubleText(record) === undefined;
      await tell(said, record.remedies, { run: run.id, quiet, before: run.change === undefined ? [] : CHANGED });
    }
  }

  private async menu(): Promise<void> {
    const record = this.runs.last?.record;
    if (record === undefined) {
      return;
    }
    const changed = this.runs.last?.change !== undefined;
    const items = [
      ...(changed ? [{ label: `$(diff) ${DIFF}`, command: 'moa.showDiff' }] : []),
      ...(changed ? [{ label: `$(discard) ${UNDO}`, command: 'moa.undoLast' }] : []),
      { label: `$(refresh) ${AGAIN}`, command: 'moa.runAgain' },
      ...(takeable(record) > 0 ? [{ label: `$(layers) ${proposalCount(takeable(record))}…`, command: 'moa.showProposals' }] : []),
      { label: '$(edit) Refine…', command: 'moa.refineLast' },
    ];
    const chosen = await vscode.window.showQuickPick(items, { title: 'Moa: last run', placeHolder: endText(record) });
    if (chosen !== undefined) {
      await vscode.commands.executeCommand(chosen.command);
    }
  }
}

function isInFront(uri: vscode.Uri): boolean {
  const shown = vscode.window.tabGroups.all.map(({ activeTab }) => activeTab?.input);
  const uris = shown.map((input) => (input instanceof vscode.TabInputText ? input.uri : input instanceof vscode.TabInputTextDiff ? input.modified : undefined));
  return uris.some((each) => each?.toString() === uri.toString());
}

/** That a file was changed which nobody sees. */
function hiddenText(run: Run): string | undefined {
  const uri = run.change?.uri;
  if (run.record?.applied !== true || uri === undefined || isInFront(uri)) {
    return undefined;
  }
  return `${run.record.action} changed ${vscode.workspace.asRelativePath(uri)}, which is not visible.`;
}
