/** Runs, followed from their start to their end, and what can be done with the last one. */
import * as vscode from 'vscode';
import { textIn } from './hunks';
import type { Change, Server, Start } from './server';
import { Texts } from './texts';
import type { ActionRequest, Partial, RunRecord } from './wire';

/** Seconds of one `moa.result`; it is asked again until the run has ended. */
const WAIT_S = 30;

/** How many runs the server keeps the proposals of; older ones are of no use here. */
const KEPT_RUNS = 50;

/** A run at work or at its end. */
export interface Run {
  readonly id: string;
  /** What it was asked for; of a refinement what the run before it was. */
  readonly request: ActionRequest;
  /** What stood in the target before, where the server told where that is. */
  old?: string;
  /** The first line of its target, as the server said last. */
  line?: number;
  /** The last edit that it made. */
  change?: Change;
  record?: RunRecord;
}

export class Runs implements vscode.Disposable {
  private readonly runs = new Map<string, Run>();
  private readonly ends = new vscode.EventEmitter<Run>();
  private readonly texts = new Texts('moa-before');
  private readonly held: { dispose(): unknown }[];
  private ended: Run | undefined;

  /** A run has ended, with its record. */
  readonly onEnd = this.ends.event;

  constructor(private readonly server: Server) {
    this.held = [
      this.ends,
      this.texts,
      server.onStart((start) => {
        this.begin(start);
      }),
      server.onPartial((partial) => {
        this.remember(partial);
      }),
      server.onChange((change) => {
        this.changed(change);
      }),
    ];
  }

  /** The run that ended last. */
  get last(): Run | undefined {
    return this.ended;
  }

  get(id: string): Run | undefined {
    return this.runs.get(id);
  }

  /** What the last run changed, as a diff. */
  async showDiff(): Promise<void> {
    const run = this.ended;
    if (run?.change === undefined) {
      void vscode.window.showInformationMessage('Moa: the last run changed nothing.');
      return;
    }
    const before = this.texts.put(run.id, run.change.uri, run.change.before);
    await vscode.commands.executeCommand('vscode.diff', before, run.change.uri, `Moa: ${run.request.action}`, { preview: true });
  }

  /** Take the last run's edit back, unless the text has moved on since. */
  async undo(): Promise<void> {
    const change = this.ended?.change;
    if (change === undefined) {
      void vscode.window.showInformationMessage('Moa: the last run changed nothing.');
      return;
    }
    const editor = await vscode.window.showTextDocument(change.uri);
    if (editor.document.version !== change.version) {
      void vscode.window.showWarningMessage('Moa: the text has changed since. Undo in the editor goes back step by step.');
      return;
    }
    await vscode.commands.executeCommand('undo');
  }

  /** The last request once more, where its target is now. */
  async again(): Promise<void> {
    if (this.ended !== undefined) {
      await this.server.command('moa.run', { ...this.ended.request, again: this.ended.id });
    }
  }

  dispose(): void {
    vscode.Disposable.from(...this.held).dispose();
  }

  private begin({ run: id, request }: Start): void {
    const asked = 'run' in request ? this.runs.get(request.run)?.request : request;
    if (asked === undefined) {
      return; // a refinement of what this window does not know
    }
    const run: Run = { id, request: asked };
    this.runs.set(id, run);
    for (const old of [...this.runs.keys()].slice(0, -KEPT_RUNS)) {
      this.runs.delete(old);
    }
    void this.follow(run);
  }

  private async follow(run: Run): Promise<void> {
    for (;;) {
      const record = await this.server.command('moa.result', { run: run.id, wait: WAIT_S }, true);
      if (record === undefined) {
        return; // the server is gone
      }
      if (record.state !== 'running') {
        run.record = record;
        this.ended = run;
        this.ends.fire(run);
        return;
      }
    }
  }

  private remember({ run: id, uri, range, done }: Partial): void {
    const run = this.runs.get(id);
    if (run !== undefined) {
      run.line = range.start.line;
    }
    if (run === undefined || run.old !== undefined || done) {
      return; // at the end the result may stand there already
    }
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === vscode.Uri.parse(uri).toString());
    if (document !== undefined) {
      run.old = textIn(document.getText(), range);
    }
  }

  /** Note an edit with the run that it is of: the one at work on that file, else the last. */
  private changed(change: Change): void {
    const of = (run: Run): boolean => vscode.Uri.parse(run.request.uri).toString() === change.uri.toString();
    const run = [...this.runs.values()].reverse().find((each) => each.record === undefined && of(each)) ?? this.ended;
    if (run !== undefined) {
      run.change = change;
    }
  }
}
