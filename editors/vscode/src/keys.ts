/** Keys that the user gave here: kept by the editor's secret storage, and given to the server as variables. */
import * as vscode from 'vscode';

/** Names of the variables that are kept; their values stand in the secret storage alone. */
const NAMES = 'moa.keys';

const PREFIX = 'moa.key.';

export class Keys {
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly state: vscode.Memento,
  ) {}

  /** The variables for the server's process. They come before those of the editor's own environment. */
  async environment(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of this.names()) {
      const value = await this.secrets.get(PREFIX + name);
      if (value !== undefined) {
        found[name] = value;
      }
    }
    return found;
  }

  /**
   * Ask for the key that a variable is to hold; an empty one forgets it.
   *
   * @returns whether anything changed.
   */
  async ask(variable?: string): Promise<boolean> {
    const name = variable ?? (await vscode.window.showInputBox({ title: 'Moa: key', prompt: 'Which variable holds it? (api_key_env of the provider)' }));
    if (name === undefined || name === '') {
      return false;
    }
    const value = await vscode.window.showInputBox({
      title: `Moa: ${name}`,
      prompt: 'The editor keeps it in its secret storage, for this server alone. Empty forgets it.',
      password: true,
      ignoreFocusOut: true,
    });
    if (value === undefined) {
      return false;
    }
    const others = this.names().filter((each) => each !== name);
    if (value.trim() === '') {
      await this.secrets.delete(PREFIX + name);
      await this.state.update(NAMES, others);
    } else {
      await this.secrets.store(PREFIX + name, value.trim());
      await this.state.update(NAMES, [...others, name]);
    }
    return true;
  }

  private names(): string[] {
    return this.state.get<string[]>(NAMES, []);
  }
}
