/** `moa/partial`: what is being written, greyed behind the target; never in the document. */
import * as vscode from 'vscode';
import type { Server } from './server';
import { tail } from './words';
import type { Partial } from './wire';

/** Of the line that is being written: a decoration stands on one line, and its end is the news. */
const SHOWN_CHARS = 120;

export class PartialText implements vscode.Disposable {
  private readonly decoration = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor('editorGhostText.foreground'), margin: '0 0 0 2em', fontStyle: 'italic' },
    overviewRulerColor: new vscode.ThemeColor('editorGhostText.foreground'),
  });
  private readonly shown = new Map<string, Partial>();
  private readonly held: { dispose(): unknown }[];

  constructor(server: Server) {
    this.held = [
      this.decoration,
      server.onPartial((partial) => {
        if (partial.done) {
          this.shown.delete(partial.run);
        } else {
          this.shown.set(partial.run, partial);
        }
        this.draw();
      }),
      server.onStatus((status) => {
        if (status === undefined || status.runs === 0) {
          this.shown.clear();
          this.draw();
        }
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        this.draw();
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.held).dispose();
  }

  private draw(): void {
    const all = [...this.shown.values()];
    for (const editor of vscode.window.visibleTextEditors) {
      const here = all.filter(({ uri }) => vscode.Uri.parse(uri).toString() === editor.document.uri.toString());
      editor.setDecorations(
        this.decoration,
        here.map(({ range, text }) => {
          const { start } = range;
          const line = editor.document.lineAt(Math.min(start.line, editor.document.lineCount - 1));
          return {
            range: new vscode.Range(line.range.end, line.range.end),
            hoverMessage: new vscode.MarkdownString().appendCodeblock(text, editor.document.languageId),
            renderOptions: { after: { contentText: tail(text, SHOWN_CHARS) } },
          };
        }),
      );
    }
  }
}
