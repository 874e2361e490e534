/** Asking for an instruction, with those that were given before in this workspace. */
import * as vscode from 'vscode';

const KEY = 'moa.instructions';

/** How many are kept: more than anybody looks through. */
export const KEPT_INSTRUCTIONS = 50;

/** The history with one more at its front, each once. */
export function remembered(history: readonly string[], instruction: string): string[] {
  const text = instruction.trim();
  return text === '' ? [...history] : [text, ...history.filter((each) => each !== text)].slice(0, KEPT_INSTRUCTIONS);
}

interface Choice extends vscode.QuickPickItem {
  readonly text: string;
}

export class Instructions {
  constructor(private readonly store: vscode.Memento) {}

  /**
   * Ask for an instruction: what is typed, or an earlier one by the arrow keys.
   *
   * @returns the instruction, empty for none; `undefined` when the user left.
   */
  async ask(title: string, prompt: string): Promise<string | undefined> {
    const history = this.store.get<string[]>(KEY, []);
    const said = await box(title, prompt, history);
    if (said !== undefined) {
      await this.store.update(KEY, remembered(history, said));
    }
    return said;
  }
}

function box(title: string, prompt: string, history: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const pick = vscode.window.createQuickPick<Choice>();
    const show = (): void => {
      const typed = pick.value;
      const earlier = history.filter((each) => each !== typed && each.toLowerCase().includes(typed.toLowerCase()));
      const label = typed === '' ? 'Without an instruction' : typed;
      pick.items = [
        { label, text: typed, alwaysShow: true, iconPath: new vscode.ThemeIcon('arrow-right') },
        ...earlier.map((text) => ({ label: text, text, alwaysShow: true, iconPath: new vscode.ThemeIcon('history') })),
      ];
    };
    pick.title = title;
    pick.placeholder = `${prompt} Empty for none; arrow down for earlier ones`;
    pick.ignoreFocusOut = true;
    let said: string | undefined;
    pick.onDidChangeValue(show);
    pick.onDidAccept(() => {
      said = pick.activeItems[0]?.text ?? pick.value;
      pick.hide();
    });
    pick.onDidHide(() => {
      pick.dispose();
      resolve(said);
    });
    show();
    pick.show();
  });
}
