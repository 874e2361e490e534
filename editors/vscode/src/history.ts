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
  /** An earlier instruction; `undefined` stands for what is typed, which may be newer than the list. */
  readonly earlier: string | undefined;
}

const SEVERAL: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('go-to-file'), tooltip: 'Write several lines, in an editor' };

export class Instructions implements vscode.Disposable {
  private readonly sender: vscode.Disposable;
  private send: (() => void) | undefined;

  constructor(private readonly store: vscode.Memento) {
    this.sender = vscode.commands.registerCommand('moa.sendInstruction', () => this.send?.());
  }

  dispose(): void {
    this.sender.dispose();
  }

  /**
   * Ask for an instruction: what is typed, or an earlier one by the arrow keys, or several lines in an editor.
   *
   * @returns the instruction, empty for none; `undefined` when the user left.
   */
  async ask(title: string, prompt: string): Promise<string | undefined> {
    const history = this.store.get<string[]>(KEY, []);
    const { text, several } = await box(title, prompt, history);
    const said = several ? await this.draft(text ?? '') : text;
    if (said !== undefined) {
      await this.store.update(KEY, remembered(history, said));
    }
    return said;
  }

  /** What is written in an editor until it is sent; `undefined` when that is closed before. */
  private async draft(begun: string): Promise<string | undefined> {
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: begun });
    await vscode.window.showTextDocument(document, { preview: false });
    await vscode.commands.executeCommand('setContext', 'moa.instructing', true);
    vscode.window.setStatusBarMessage('Moa: write the instruction; the arrow above it, or Ctrl+Alt+M Enter, sends it', 10_000);
    const said = await new Promise<string | undefined>((resolve) => {
      const closed = vscode.workspace.onDidCloseTextDocument((each) => {
        if (each === document) {
          end(undefined);
        }
      });
      const end = (text: string | undefined): void => {
        closed.dispose();
        this.send = undefined;
        resolve(text);
      };
      this.send = () => {
        end(document.getText());
      };
    });
    await vscode.commands.executeCommand('setContext', 'moa.instructing', false);
    if (said !== undefined) {
      await vscode.window.showTextDocument(document);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    }
    return said;
  }
}

/** What the user gave, and whether to go on with it in an editor. */
interface Given {
  readonly text: string | undefined;
  readonly several: boolean;
}

function box(title: string, prompt: string, history: readonly string[]): Promise<Given> {
  return new Promise((resolve) => {
    const pick = vscode.window.createQuickPick<Choice>();
    const show = (): void => {
      const typed = pick.value;
      const earlier = history.filter((each) => each !== typed && each.toLowerCase().includes(typed.toLowerCase()));
      const label = typed === '' ? 'Without an instruction' : typed;
      pick.items = [
        { label, earlier: undefined, alwaysShow: true, iconPath: new vscode.ThemeIcon('arrow-right') },
        ...earlier.map((text) => ({ label: text.replace(/\s*\n\s*/g, ' ⏎ '), earlier: text, alwaysShow: true, iconPath: new vscode.ThemeIcon('history') })),
      ];
    };
    pick.title = title;
    pick.placeholder = `${prompt} Empty for none; arrow down for earlier ones`;
    pick.ignoreFocusOut = true;
    pick.buttons = [SEVERAL];
    let given: Given = { text: undefined, several: false };
    pick.onDidChangeValue(show);
    pick.onDidTriggerButton(() => {
      given = { text: pick.value, several: true };
      pick.hide();
    });
    pick.onDidAccept(() => {
      given = { text: (pick.selectedItems[0] ?? pick.activeItems[0])?.earlier ?? pick.value, several: false };
      pick.hide();
    });
    pick.onDidHide(() => {
      pick.dispose();
      resolve(given);
    });
    show();
    pick.show();
  });
}
