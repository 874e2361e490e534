/** The offer after a run, and the picker of its result and proposals with each as a diff. */
import * as vscode from 'vscode';
import type { Instructions } from './history';
import type { Run, Runs } from './runs';
import type { Server } from './server';
import { closeDiffs, Texts } from './texts';
import type { Proposal } from './wire';
import { proposalCount, proposalName, proposalText, RESULT, takeable } from './words';

/** Empty lines above both sides of a diff: the picker stands over the editor's first lines. */
const COVERED_LINES = 8;

const REFINE = 'Refine from this one…';

interface Item extends vscode.QuickPickItem {
  readonly proposal: Proposal;
}

export class Proposals implements vscode.Disposable {
  private readonly texts = new Texts('moa-proposal');
  private readonly item = vscode.window.createStatusBarItem('moa.proposals', vscode.StatusBarAlignment.Right, 88);
  private readonly lens: TargetLens;
  private readonly held: { dispose(): unknown }[];

  constructor(
    private readonly server: Server,
    private readonly runs: Runs,
    private readonly instructions: Instructions,
  ) {
    this.item.name = 'Moa: proposals of the last run';
    this.item.command = 'moa.showProposals';
    this.lens = new TargetLens(runs);
    const on = (name: string, work: () => unknown): vscode.Disposable => vscode.commands.registerCommand(name, work);
    this.held = [
      this.texts,
      this.item,
      this.lens,
      on('moa.showProposals', () => this.choose()),
      on('moa.refineLast', () => this.refine()),
      server.onStart(() => {
        this.item.hide();
      }),
      runs.onEnd((run) => {
        this.offer(run);
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.held).dispose();
  }

  private offer({ record, request }: Run): void {
    const count = record === undefined ? 0 : takeable(record);
    if (count < 1 || !vscode.workspace.getConfiguration('moa').get<boolean>('offer.statusBar', true)) {
      this.item.hide();
      return;
    }
    this.item.text = `$(layers) ${proposalCount(count)}`;
    this.item.tooltip = `Moa: what each model proposed for ${request.action}; another one can take the place of what stands`;
    this.item.show();
  }

  /** The picker: moving shows, Enter takes, Escape keeps what is. */
  private async choose(): Promise<void> {
    const run = this.runs.last;
    const found = run && (await this.server.command('moa.proposals', { run: run.id }));
    if (run === undefined || found === undefined) {
      return;
    }
    const uri = vscode.Uri.parse(run.request.uri);
    const pick = vscode.window.createQuickPick<Item>();
    pick.title = 'Moa: proposals';
    pick.placeholder = 'Moving shows the difference, Enter takes, Escape keeps what stands';
    pick.matchOnDescription = true;
    pick.items = found.map((proposal) => ({
      proposal,
      label: `$(${proposal.applied ? 'check' : typeof proposal.text === 'string' ? 'blank' : 'circle-slash'}) ${proposalName(proposal)}`,
      description: proposalText(proposal),
      buttons: typeof proposal.text === 'string' ? [{ iconPath: new vscode.ThemeIcon('edit'), tooltip: REFINE }] : [],
    }));
    pick.activeItems = pick.items.filter(({ proposal }) => proposal.applied);
    const shown = new Map<string, vscode.Uri>();
    let turn = Promise.resolve();
    pick.onDidChangeActive(([item]) => {
      if (item !== undefined) {
        turn = turn.then(() => this.show(run, uri, found, item.proposal, shown)).catch(() => undefined);
      }
    });
    pick.onDidTriggerItemButton(({ item }) => {
      pick.hide();
      void this.refine(item.proposal.agent);
    });
    pick.onDidAccept(() => {
      const chosen = (pick.selectedItems[0] ?? pick.activeItems[0])?.proposal;
      pick.hide();
      if (chosen !== undefined && !chosen.applied && typeof chosen.text === 'string') {
        void this.take(run, chosen);
      }
    });
    pick.onDidHide(() => {
      pick.dispose();
      const all = [...shown.values()];
      void turn.then(() => closeDiffs(all)).then(() => {
        this.texts.drop(all);
      });
    });
    pick.show();
  }

  /** A proposal against what stands in the target now; what stands itself against the text before. */
  private async show(run: Run, uri: vscode.Uri, all: readonly Proposal[], proposal: Proposal, shown: Map<string, vscode.Uri>): Promise<void> {
    if (typeof proposal.text !== 'string') {
      return;
    }
    const now = all.find(({ applied }) => applied);
    const [against, name] = now === undefined || now === proposal ? [run.old ?? '', 'before'] : [now.text ?? '', 'now'];
    const put = (key: string, text: string): vscode.Uri => {
      const made = this.texts.put(`${run.id}-${key}`, uri, '\n'.repeat(COVERED_LINES) + text);
      shown.set(key, made);
      return made;
    };
    const title = `Moa: ${name} ↔ ${proposalName(proposal)}`;
    await vscode.commands.executeCommand('vscode.diff', put(name, against), put(proposal.agent, proposal.text), title, { preview: true, preserveFocus: true });
  }

  private async take(run: Run, { agent }: Proposal): Promise<void> {
    const record = await this.server.command('moa.apply', { run: run.id, proposal: agent });
    if (record !== undefined && !record.applied && record.reason !== null) {
      void vscode.window.showWarningMessage(`Moa: ${record.reason}`);
    }
  }

  /** Ask what should be different, and of whom. */
  private async refine(from?: string): Promise<void> {
    const run = this.runs.last;
    if (run === undefined) {
      void vscode.window.showInformationMessage('Moa: there is no run to refine yet.');
      return;
    }
    const instruction = await this.instructions.ask('Moa: refine', 'What should be different?');
    if (instruction === undefined || instruction.trim() === '') {
      return;
    }
    const usable = run.record === undefined ? 0 : takeable(run.record);
    const ways = [
      { label: '$(layers) All models of the mix', only: undefined },
      { label: '$(person) The aggregator alone', description: `one request, with the ${proposalCount(usable)}`, only: 'aggregator' },
    ];
    const way = usable > 1 ? await vscode.window.showQuickPick(ways, { title: 'Moa: refine', placeHolder: instruction }) : ways[0];
    if (way !== undefined) {
      await this.server.command('moa.refine', {
        run: run.id,
        instruction,
        ...(from === undefined || from === RESULT ? {} : { from }),
        ...(way.only === undefined ? {} : { only: way.only }),
      });
    }
  }
}

/** The offer above the target of the last run, until the text there is another. */
class TargetLens implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly held: { dispose(): unknown }[];
  private place: { readonly uri: string; line: number; readonly count: number } | undefined;

  readonly onDidChangeCodeLenses = this.changes.event;

  constructor(private readonly runs: Runs) {
    this.held = [
      this.changes,
      vscode.languages.registerCodeLensProvider([{ scheme: 'file' }, { scheme: 'untitled' }], this),
      runs.onEnd(({ record, change, line }) => {
        const count = record === undefined ? 0 : takeable(record);
        this.place = change === undefined || count < 1 ? undefined : { uri: change.uri.toString(), line: line ?? firstDifference(change.before, change.after), count };
        this.changes.fire();
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        this.move(document.uri.toString(), contentChanges);
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('moa.offer')) {
          this.changes.fire();
        }
      }),
    ];
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { place } = this;
    const wanted = vscode.workspace.getConfiguration('moa').get<boolean>('offer.codeLens', true);
    if (place?.uri !== document.uri.toString() || !wanted || this.runs.last === undefined) {
      return [];
    }
    const range = new vscode.Range(place.line, 0, place.line, 0);
    return [
      new vscode.CodeLens(range, { title: `Moa: ${proposalCount(place.count)}`, command: 'moa.showProposals' }),
      new vscode.CodeLens(range, { title: 'Refine…', command: 'moa.refineLast' }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.held).dispose();
  }

  /** Lines before the target move it. */
  private move(uri: string, changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    if (this.place?.uri !== uri) {
      return;
    }
    for (const { range, text } of changes) {
      if (range.end.line < this.place.line) {
        this.place.line += text.split(/\r\n|\r|\n/).length - 1 - (range.end.line - range.start.line);
      }
    }
    this.changes.fire();
  }
}

/** The first line in which two texts differ. */
function firstDifference(before: string, after: string): number {
  const old = before.split(/\r\n|\r|\n/);
  const made = after.split(/\r\n|\r|\n/);
  const line = made.findIndex((each, index) => each !== old[index]);
  return line === -1 ? Math.max(made.length - 1, 0) : line;
}
