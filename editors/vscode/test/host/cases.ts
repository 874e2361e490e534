/**
 * The extension as other extensions and the editor itself see it: the real server, scripted models.
 *
 * The user's mixes are `solo` and `other`, whose model answers with FIXED, `stuck`, whose model never ends, and two whose
 * aggregator goes its own way: that of `writes` begins with "one " and never ends, that of `calls` calls the tool `read`. `keyless` names a provider without a key.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { test, until } from './case';

const FIXED = 'def total(items):\n    return sum(items)';
const SLOW = 'def total(items):\n    t = 0\n    for i in items:\n        t = t + i\n    return t';

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

function ours(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension('moa-lsp.moa-lsp');
  assert.ok(found, 'the extension is not installed');
  return found;
}

/** The opened folder's path. */
function folder(): string {
  const found = vscode.workspace.workspaceFolders?.[0];
  assert.ok(found);
  return found.uri.fsPath;
}

/** A file of the folder, in an editor. */
async function opened(name: string, text: string): Promise<vscode.TextEditor> {
  const path = join(folder(), name);
  await writeFile(path, text);
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(path));
}

/** The range of a part of the text. */
function rangeOf({ document }: vscode.TextEditor, part: string): vscode.Range {
  const start = document.getText().indexOf(part);
  assert.notEqual(start, -1);
  return new vscode.Range(document.positionAt(start), document.positionAt(start + part.length));
}

/** The server's offers, once it has any; other extensions' are left out. */
async function offers(editor: vscode.TextEditor, range: vscode.Range): Promise<vscode.CodeAction[]> {
  return until(async () => {
    const all = await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', editor.document.uri, range);
    const found = all.filter(({ title }) => title.startsWith('Moa: '));
    return found.length > 0 ? found : undefined;
  }) as Promise<vscode.CodeAction[]>;
}

const titles = (found: readonly vscode.CodeAction[]): string[] => found.map(({ title }) => title);

/** Pick an action as the menu does, and wait until the text is another. */
async function pick(editor: vscode.TextEditor, range: vscode.Range, title: string): Promise<void> {
  const chosen = (await offers(editor, range)).find((each) => each.title === title);
  assert.ok(chosen?.command, `no offer is called ${title}`);
  const before = editor.document.getText();
  await vscode.commands.executeCommand(chosen.command.command, ...((chosen.command.arguments ?? []) as unknown[]));
  await until(() => editor.document.getText() !== before);
}

/** Start a run as an extension would. */
async function started(editor: vscode.TextEditor, range: vscode.Range, mix: string): Promise<string> {
  await offers(editor, range); // the server knows the document then
  const { document } = editor;
  const at = ({ line, character }: vscode.Position): object => ({ line, character });
  const wish = {
    action: 'refactor',
    uri: document.uri.toString(),
    range: { start: at(range.start), end: at(range.end) },
    version: document.version,
    mix,
  };
  const answer = await vscode.commands.executeCommand<{ run: string } | undefined>('moa.run', wish);
  assert.ok(answer);
  return answer.run;
}

const ended = (run: string): Thenable<{ state: string; applied: boolean; reason: string | null; mix: string }> =>
  vscode.commands.executeCommand('moa.result', { run, wait: 30 });

test('every declared command is there once the extension is active', async () => {
  await ours().activate();
  const there = new Set(await vscode.commands.getCommands(true));
  const manifest = ours().packageJSON as Manifest;
  assert.deepEqual(manifest.contributes.commands.map(({ command }) => command).filter((each) => !there.has(each)), []);
});

test('actions are offered on a selection and none is preferred', async () => {
  const editor = await opened('offers.py', `${SLOW}\n`);
  const found = await offers(editor, rangeOf(editor, SLOW));
  assert.deepEqual(found.map(({ title, kind }) => [title, kind?.value]).sort(), [
    ['Moa: Document · solo', 'source.moa.document'],
    ['Moa: Explain in a comment · solo', 'source.moa.explain-comment'],
    ['Moa: Explain · solo', 'source.moa.explain'],
    ['Moa: Generate · solo', 'refactor.rewrite.moa.generate'],
    ['Moa: Refactor · solo', 'refactor.rewrite.moa.refactor'],
    ['Moa: Write tests · solo', 'source.moa.test'],
  ]);
  assert.ok(found.every(({ isPreferred }) => isPreferred !== true));
});

test('a fix is offered where a diagnostic is and nowhere else', async () => {
  const editor = await opened('wrong.py', `${SLOW}\n\n\nx = y\n`);
  const diagnostics = vscode.languages.createDiagnosticCollection('case');
  try {
    const place = rangeOf(editor, 'y\n');
    diagnostics.set(editor.document.uri, [new vscode.Diagnostic(place, 'y is nowhere')]);
    assert.ok(titles(await offers(editor, place)).includes('Moa: Fix · solo'));
    assert.ok(!titles(await offers(editor, rangeOf(editor, SLOW))).includes('Moa: Fix · solo'));
  } finally {
    diagnostics.dispose();
  }
});

test('a run changes what was selected and one undo restores it', async () => {
  // Columns are counted in UTF-16 here: the target begins behind such characters on its own line.
  const lead = 's = "𝒳é"; ';
  const before = `# 𝒳𝒳\r\n${lead}t = [0, 1]\r\n${SLOW.replaceAll('\n', '\r\n')}\r\nlast = "𝒳"\r\n`;
  const editor = await opened('planes.py', before);
  await pick(editor, rangeOf(editor, SLOW.replaceAll('\n', '\r\n')), 'Moa: Refactor · solo');
  const after = `# 𝒳𝒳\r\n${lead}t = [0, 1]\r\n${FIXED.replaceAll('\n', '\r\n')}\r\nlast = "𝒳"\r\n`;
  assert.equal(editor.document.getText(), after);
  await vscode.window.showTextDocument(editor.document);
  await vscode.commands.executeCommand('undo');
  assert.equal(editor.document.getText(), before);
  assert.ok(!editor.document.isDirty);
});

test('an untitled document is served', async () => {
  const document = await vscode.workspace.openTextDocument({ language: 'python', content: SLOW });
  const editor = await vscode.window.showTextDocument(document);
  await pick(editor, rangeOf(editor, SLOW), 'Moa: Refactor · solo');
  assert.equal(document.getText(), FIXED);
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
});

test('cancelling all runs leaves the text as it is', async () => {
  const editor = await opened('stuck.py', `${SLOW}\n`);
  const run = await started(editor, rangeOf(editor, SLOW), 'stuck');
  assert.deepEqual(await vscode.commands.executeCommand('moa.cancelAll'), { cancelled: 1 });
  assert.equal((await ended(run)).state, 'cancelled');
  assert.equal(editor.document.getText(), `${SLOW}\n`);
});

test('the embedded mix needs no model', async () => {
  const text = 'def f( a,b ):\n    return   a+b\n';
  const editor = await opened('tidy.py', text);
  const record = await ended(await started(editor, rangeOf(editor, text), 'embedded'));
  assert.deepEqual([record.mix, record.applied, record.reason], ['embedded', true, null]);
  assert.equal(editor.document.getText(), 'def f(a, b):\n    return a + b\n');
});

test('the ledger of the session counts the runs', async () => {
  const usage = await vscode.commands.executeCommand<{ session: { runs: number; cost_usd: number } }>('moa.usage');
  assert.ok(usage.session.runs > 0 && usage.session.cost_usd > 0, JSON.stringify(usage));
});

test('a setting of the user counts at once', async () => {
  const editor = await opened('settings.py', `${SLOW}\n`);
  const settings = vscode.workspace.getConfiguration('moa');
  await settings.update('mix', 'other', vscode.ConfigurationTarget.Global);
  try {
    await until(async () => titles(await offers(editor, rangeOf(editor, SLOW))).includes('Moa: Refactor · other'));
  } finally {
    await settings.update('mix', undefined, vscode.ConfigurationTarget.Global);
  }
  await until(async () => titles(await offers(editor, rangeOf(editor, SLOW))).includes('Moa: Refactor · solo'));
});

test('the settings of a folder name no program and loosen no review', () => {
  const settings = vscode.workspace.getConfiguration('moa');
  assert.equal(settings.get('inline.debounceMs'), 77); // the file was read
  assert.ok(!settings.get<string>('server.path', '').includes('evil'));
  assert.deepEqual(settings.get('server.args'), ['serve']);
  assert.equal(settings.get('review'), null);
  return Promise.resolve();
});

test('inline completion is switched in the settings of the user', async () => {
  const said = (): boolean | undefined => vscode.workspace.getConfiguration('moa').inspect<boolean>('inline.enabled')?.globalValue;
  try {
    await vscode.commands.executeCommand('moa.toggleInline');
    assert.equal(said(), false);
    await vscode.commands.executeCommand('moa.toggleInline');
    assert.equal(said(), true);
  } finally {
    await vscode.workspace.getConfiguration('moa').update('inline.enabled', undefined, vscode.ConfigurationTarget.Global);
  }
});

/** What newer versions than that of our types have of a model's answer. */
interface Answer {
  readonly stream: AsyncIterable<object>;
}

/** Our mix of this name as any extension finds it among the editor's models. */
async function model(id: string): Promise<vscode.LanguageModelChat> {
  return until(async () => (await vscode.lm.selectChatModels({ vendor: 'moa-lsp', id }))[0]) as Promise<vscode.LanguageModelChat>;
}

const WHY = [vscode.LanguageModelChatMessage.User('Why?')];

test('every ready mix is a language model of the editor', async () => {
  await model('solo');
  const models = await vscode.lm.selectChatModels({ vendor: 'moa-lsp' });
  const found = new Map(models.map(({ id, name, family }) => [id, `${name} of ${family}`]));
  for (const mix of ['solo', 'other', 'stuck', 'writes', 'calls']) {
    assert.equal(found.get(mix), `Moa: ${mix} of moa`, JSON.stringify([...found]));
  }
  assert.ok(!found.has('keyless'), 'its key is missing');
});

test('a mix answers a chat of any extension', async () => {
  const answer = await (await model('solo')).sendRequest(WHY);
  let text = '';
  for await (const part of answer.text) {
    text += part;
  }
  assert.ok(text.includes(FIXED), text);
});

test('a chat gets its text as it is written and ends when it is cancelled', async () => {
  const source = new vscode.CancellationTokenSource();
  const answer = await (await model('writes')).sendRequest(WHY, {}, source.token);
  const told: string[] = [];
  await assert.rejects(async () => {
    for await (const part of answer.text) {
      told.push(part);
      source.cancel();
    }
  });
  assert.deepEqual(told, ['one ']);
});

test('a chat hands on the calls of tools', async () => {
  const tool = { name: 'read', description: 'Reads a file.', inputSchema: { type: 'object', properties: { path: { type: 'string' } } } };
  const options = { tools: [tool] } as vscode.LanguageModelChatRequestOptions;
  const answer = await (await model('calls')).sendRequest(WHY, options) as unknown as Answer;
  const told: object[] = [];
  for await (const part of answer.stream) {
    told.push(part);
  }
  assert.deepEqual(JSON.parse(JSON.stringify(told)), [{ callId: 'c1', name: 'read', input: { path: 'a.py' } }]);
});

test('a server that was started anew offers again', async () => {
  const editor = await opened('anew.py', `${SLOW}\n`);
  await offers(editor, rangeOf(editor, SLOW));
  await vscode.commands.executeCommand('moa.restart');
  assert.ok(titles(await offers(editor, rangeOf(editor, SLOW))).includes('Moa: Refactor · solo'));
});
