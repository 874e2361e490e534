/** Switches of inline completion: they write the user's settings, which the server follows. */
import * as vscode from 'vscode';

export async function toggleInline(): Promise<void> {
  const settings = vscode.workspace.getConfiguration('moa');
  const on = !settings.get<boolean>('inline.enabled', true);
  await settings.update('inline.enabled', on, vscode.ConfigurationTarget.Global);
  const now = vscode.workspace.getConfiguration('moa').get<boolean>('inline.enabled', true);
  if (now !== on) {
    void vscode.window.showWarningMessage(`Moa: the folder's settings have inline completion ${now ? 'on' : 'off'}.`);
  }
}

/** Switch it for the language of the active editor. */
export async function inlineForLanguage(): Promise<void> {
  const language = vscode.window.activeTextEditor?.document.languageId;
  if (language === undefined) {
    return;
  }
  const settings = vscode.workspace.getConfiguration('moa');
  const said = settings.inspect<Record<string, boolean>>('inline.languages')?.globalValue ?? {};
  const mark = (value: boolean | undefined): string => (said[language] === value ? '$(check) ' : '');
  const chosen = await vscode.window.showQuickPick(
    [
      { label: `${mark(true)}On`, value: true },
      { label: `${mark(false)}Off`, value: false },
      { label: `${mark(undefined)}As the configuration says`, value: undefined },
    ],
    { title: `Moa: inline completion for ${language}` },
  );
  if (chosen === undefined) {
    return;
  }
  const others = Object.entries(said).filter(([name]) => name !== language);
  const all = chosen.value === undefined ? others : [...others, [language, chosen.value] as const];
  const value = all.length === 0 ? undefined : Object.fromEntries(all);
  await settings.update('inline.languages', value, vscode.ConfigurationTarget.Global);
}
