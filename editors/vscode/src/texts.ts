/** Texts that are shown and not edited: the sides of a diff. */
import { posix } from 'node:path';
import * as vscode from 'vscode';

export class Texts implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly registered: vscode.Disposable;

  readonly onDidChange = this.changes.event;

  constructor(readonly scheme: string) {
    this.registered = vscode.workspace.registerTextDocumentContentProvider(scheme, this);
  }

  /**
   * Show a text under a name; one that is open there changes.
   *
   * @param like the file whose language it has.
   */
  put(name: string, like: vscode.Uri, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: this.scheme, path: `/${posix.basename(like.path)}`, query: name });
    const key = uri.toString();
    const changed = this.texts.has(key) && this.texts.get(key) !== text;
    this.texts.set(key, text);
    if (changed) {
      this.changes.fire(uri);
    }
    return uri;
  }

  drop(uris: readonly vscode.Uri[]): void {
    for (const uri of uris) {
      this.texts.delete(uri.toString());
    }
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }

  dispose(): void {
    this.registered.dispose();
    this.changes.dispose();
  }
}

/** Close the tabs that show any of these as a side of a diff. */
export async function closeDiffs(uris: readonly vscode.Uri[]): Promise<void> {
  const shown = new Set(uris.map(String));
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => input instanceof vscode.TabInputTextDiff && (shown.has(input.modified.toString()) || shown.has(input.original.toString())));
  if (tabs.length > 0) {
    await vscode.window.tabGroups.close(tabs, true);
  }
}
