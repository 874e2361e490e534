/** A message with buttons for what its user can do about it. */
import * as vscode from 'vscode';
import type { Remedy } from './wire';

/** A button, and the command that it runs. */
export interface Choice {
  readonly label: string;
  readonly command: string;
  readonly argument?: string | undefined;
}

/** What a message is about. */
export interface About {
  readonly run?: string;
  /** It is no failure. */
  readonly quiet?: boolean;
  /** Buttons that come first. */
  readonly before?: readonly Choice[];
}

/** The button of a remedy. */
function choice(remedy: Remedy, run: string | undefined): Choice {
  switch (remedy.do) {
    case 'apply':
      return { label: 'Apply', command: 'moa.applyLast', argument: run };
    case 'again':
      return { label: 'Retry', command: 'moa.runAgain' };
    case 'key':
      return { label: `Set ${remedy.variable ?? 'key'}…`, command: 'moa.setKey', argument: remedy.variable };
    case 'configuration':
      return { label: 'Open configuration', command: 'moa.openConfiguration', argument: remedy.path };
  }
}

/** Tell one sentence, and do what the user chooses. */
export async function tell(sentence: string, remedies: readonly Remedy[], { run, quiet = false, before = [] }: About = {}): Promise<void> {
  const choices = [...before, ...remedies.map((each) => choice(each, run))];
  const labels = choices.map(({ label }) => label);
  const text = `Moa: ${sentence}`;
  const chosen = await (quiet ? vscode.window.showInformationMessage(text, ...labels) : vscode.window.showWarningMessage(text, ...labels));
  const found = choices.find(({ label }) => label === chosen);
  if (found !== undefined) {
    await vscode.commands.executeCommand(found.command, ...(found.argument === undefined ? [] : [found.argument]));
  }
}

/** Open the user's config.yaml; where there is none yet, an unsaved one of that name. */
export async function openConfiguration(path?: string): Promise<void> {
  if (path === undefined) {
    return;
  }
  const uri = vscode.Uri.file(path);
  try {
    await vscode.window.showTextDocument(uri, { preview: false });
  } catch {
    await vscode.window.showTextDocument(uri.with({ scheme: 'untitled' }), { preview: false });
  }
}
