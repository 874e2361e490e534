/** `moa/preview`: an edit as a diff in the editor, kept or discarded, whole or in parts. One at a time. */
import * as vscode from 'vscode';
import { hunkAt, hunkLabel, withHunks, type Place } from './hunks';
import { closeDiffs, Texts } from './texts';
import { waitingText } from './words';
import type { Hunk, Preview, Verdict } from './wire';

/** A diff takes the focus only once nothing was typed for so long: keys shall not go to the wrong place. */
const QUIET_MS = 1200;

const DISCARDED: Verdict = { accept: false };

/** One file of an edit. */
interface Side {
  readonly uri: vscode.Uri;
  readonly before: string;
  readonly hunks: readonly Hunk[];
  readonly left: vscode.Uri;
  readonly right: vscode.Uri;
  places: Place[];
}

/** An edit that waits for its user. */
class Question {
  readonly taken: Set<Hunk['id']>;
  sides: Side[] = [];
  settled = false;

  constructor(
    readonly preview: Preview,
    readonly answer: (verdict: Verdict) => void,
  ) {
    this.taken = new Set(this.hunks.map(({ id }) => id));
  }

  get hunks(): readonly Hunk[] {
    return this.preview.hunks;
  }

  get shown(): vscode.Uri[] {
    return this.sides.flatMap(({ left, right }) => [left, right]);
  }
}

export class Review implements vscode.Disposable {
  private readonly texts = new Texts('moa-review');
  private readonly item = vscode.window.createStatusBarItem('moa.review', vscode.StatusBarAlignment.Right, 91);
  private readonly queue: Question[] = [];
  private readonly newFiles = new Map<string, vscode.Uri>();
  private readonly held: { dispose(): unknown }[];
  private open: Question | undefined;
  private typedAt = 0;

  constructor() {
    this.item.name = 'Moa: an edit waits for you';
    this.item.command = 'moa.reviewShow';
    this.item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    const on = (name: string, work: () => unknown): vscode.Disposable => vscode.commands.registerCommand(name, work);
    this.held = [
      this.texts,
      this.item,
      on('moa.reviewKeep', () => this.keep()),
      on('moa.reviewDiscard', () => this.settle(this.open, DISCARDED)),
      on('moa.reviewToggle', () => {
        this.toggle();
      }),
      on('moa.reviewParts', () => {
        this.choose();
      }),
      on('moa.reviewShow', () => this.show()),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document === vscode.window.activeTextEditor?.document) {
          this.typedAt = Date.now();
        }
      }),
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        const question = this.open;
        const rights = new Set(question?.sides.map(({ right }) => right.toString()));
        if (closed.some(({ input }) => input instanceof vscode.TabInputTextDiff && rights.has(input.modified.toString()))) {
          void this.settle(question, DISCARDED);
        }
      }),
    ];
  }

  /** Ask the user; a question that is taken back is as good as discarded. */
  ask(preview: Preview, token: vscode.CancellationToken): Promise<Verdict> {
    return new Promise((resolve) => {
      const question = new Question(preview, resolve);
      this.queue.push(question);
      token.onCancellationRequested(() => this.settle(question, DISCARDED));
      void this.next();
    });
  }

  /** The file that a run made, if its user agreed to a new one. */
  newFileOf(run: string): vscode.Uri | undefined {
    const uri = this.newFiles.get(run);
    this.newFiles.delete(run);
    return uri;
  }

  /** The server is gone: nobody waits for an answer. */
  forget(): void {
    for (const question of [...this.queue]) {
      void this.settle(question, DISCARDED);
    }
  }

  dispose(): void {
    this.forget();
    vscode.Disposable.from(...this.held).dispose();
  }

  private async next(): Promise<void> {
    const question = this.queue[0];
    if (question === undefined || this.open !== undefined) {
      return;
    }
    this.open = question;
    this.item.text = `$(bell-dot) ${waitingText(question.preview.warnings)}`;
    this.item.tooltip = `${question.preview.title}\nKeep, Discard and Choose Parts are in the diff's title, and Ctrl+Alt+M K, X and H.`;
    this.item.show();
    await vscode.commands.executeCommand('setContext', 'moa.reviewing', true);
    while (Date.now() - this.typedAt < QUIET_MS) {
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS / 4));
    }
    const sides = await this.sides(question);
    if (!question.settled) {
      question.sides = sides;
      await this.show();
    }
  }

  private async sides(question: Question): Promise<Side[]> {
    const { preview, hunks, taken } = question;
    const uris = [...new Set(hunks.map(({ uri }) => uri))];
    const made: Side[] = [];
    for (const [number, name] of uris.entries()) {
      const uri = vscode.Uri.parse(name);
      const before = await textOf(uri);
      if (before === undefined) {
        this.newFiles.set(preview.run, uri);
      }
      const own = hunks.filter((hunk) => hunk.uri === name);
      const { text, places } = withHunks(before ?? '', own, taken);
      const left = this.texts.put(`${preview.run}-${number}-before`, uri, before ?? '');
      const right = this.texts.put(`${preview.run}-${number}`, uri, text);
      made.push({ uri, before: before ?? '', hunks: own, left, right, places });
    }
    return made;
  }

  private async show(): Promise<void> {
    const question = this.open;
    if (question === undefined || question.settled) {
      return;
    }
    const { title, warnings, run, uri, diff } = question.preview;
    const label = `${title} (${warnings.length === 0 ? 'keep it?' : warnings.join('; ')})`;
    const [first, ...others] = question.sides;
    if (first === undefined) {
      // A server that sends no hunks: the diff as it wrote it.
      const left = this.texts.put(`${run}-none`, vscode.Uri.parse(`${uri}.diff`), '');
      const right = this.texts.put(run, vscode.Uri.parse(`${uri}.diff`), diff);
      question.sides = [{ uri: vscode.Uri.parse(uri), before: '', hunks: [], left, right, places: [] }];
      await vscode.commands.executeCommand('vscode.diff', left, right, label, { preview: false });
    } else if (others.length === 0) {
      await vscode.commands.executeCommand('vscode.diff', first.left, first.right, label, { preview: false, selection: at(first) });
    } else {
      for (const side of question.sides) {
        await vscode.commands.executeCommand('vscode.diff', side.left, side.right, label, { preview: false, preserveFocus: side !== first });
      }
    }
  }

  private keep(): Promise<void> {
    const question = this.open;
    if (question === undefined || question.hunks.length === question.taken.size) {
      return this.settle(question, { accept: true });
    }
    const some = question.hunks.filter(({ id }) => question.taken.has(id)).map(({ id }) => id);
    return this.settle(question, some.length === 0 ? DISCARDED : { accept: true, hunks: some });
  }

  /** Leave the hunk at the cursor out, or take it again. */
  private toggle(): void {
    const editor = vscode.window.activeTextEditor;
    const shown = editor?.document.uri.toString();
    for (const side of this.open?.sides ?? []) {
      const which = shown === side.right.toString() ? 'after' : shown === side.left.toString() ? 'before' : undefined;
      const id = which && editor ? hunkAt(side.places, which, editor.selection.active.line) : undefined;
      if (id !== undefined && this.open) {
        const { taken } = this.open;
        this.take(this.open, taken.has(id) ? [...taken].filter((each) => each !== id) : [...taken, id]);
        const count = this.open.hunks.length;
        vscode.window.setStatusBarMessage(`Moa: ${this.open.taken.size} of ${count} parts are kept`, 5000);
      }
    }
  }

  /** The parts as a list of boxes; the diff follows. */
  private choose(): void {
    const question = this.open;
    if (question === undefined || question.hunks.length === 0) {
      return;
    }
    const items = question.sides.flatMap((side) =>
      side.hunks.map((hunk) => ({
        id: hunk.id,
        label: hunkLabel(side.before, hunk),
        description: question.sides.length > 1 ? vscode.workspace.asRelativePath(side.uri) : '',
        detail: hunk.newText.trim().split(/\r\n|\r|\n/, 1)[0] ?? '',
      })),
    );
    const earlier = [...question.taken];
    const pick = vscode.window.createQuickPick<(typeof items)[number]>();
    pick.title = question.preview.title;
    pick.placeholder = 'Enter keeps what is ticked, Escape goes back to the diff';
    pick.canSelectMany = true;
    pick.items = items;
    pick.selectedItems = items.filter(({ id }) => question.taken.has(id));
    pick.onDidChangeSelection((chosen) => {
      const ids = chosen.map(({ id }) => id);
      this.take(question, ids);
    });
    let kept = false;
    pick.onDidAccept(() => {
      kept = true;
      pick.hide();
      void this.keep();
    });
    pick.onDidHide(() => {
      pick.dispose();
      if (!kept && !question.settled) {
        this.take(question, earlier);
      }
    });
    pick.show();
  }

  private take(question: Question, ids: readonly Hunk['id'][]): void {
    question.taken.clear();
    for (const id of ids) {
      question.taken.add(id);
    }
    for (const [number, side] of question.sides.entries()) {
      const { text, places } = withHunks(side.before, side.hunks, question.taken);
      side.places = places;
      this.texts.put(`${question.preview.run}-${number}`, side.uri, text);
    }
  }

  private async settle(question: Question | undefined, verdict: Verdict): Promise<void> {
    const index = question === undefined ? -1 : this.queue.indexOf(question);
    if (question === undefined || index === -1) {
      return;
    }
    this.queue.splice(index, 1);
    question.settled = true;
    if (!verdict.accept) {
      this.newFiles.delete(question.preview.run);
    }
    if (question === this.open) {
      this.open = undefined;
      this.item.hide();
      await vscode.commands.executeCommand('setContext', 'moa.reviewing', false);
    }
    await closeDiffs(question.shown); // the edit then goes into what the user sees
    question.answer(verdict);
    this.texts.drop(question.shown);
    await this.next();
  }
}

/** What a document says now; `undefined` where there is none yet. */
async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return (await vscode.workspace.openTextDocument(uri)).getText();
  } catch {
    return undefined;
  }
}

function at(side: Side): vscode.Range {
  const line = side.places[0]?.after.line ?? 0;
  return new vscode.Range(line, 0, line, 0);
}
