/** The pickers of mixes. */
import * as vscode from 'vscode';
import type { Server } from './server';
import { mixOrder, readiness } from './words';

type Purpose = 'actions' | 'inline';

const AUTO = {
  actions: { name: 'auto', detail: 'Leave it to the configuration: the first mix that is ready' },
  inline: { name: 'auto-inline', detail: 'Leave it to the configuration: the first mix that is ready, and free' },
} as const;

/** Where a choice is kept beyond the server's life, by the icon of its button. */
const KEEP: Readonly<Record<string, { readonly says: string; readonly target: vscode.ConfigurationTarget }>> = {
  account: { says: 'Keep it in your settings', target: vscode.ConfigurationTarget.Global },
  'root-folder': { says: "Keep it in the folder's settings", target: vscode.ConfigurationTarget.Workspace },
};

/** Let the user choose a mix for as long as the server runs, or for longer; `current` is what is in use. */
export async function chooseMix(server: Server, purpose: Purpose, current: string | null): Promise<void> {
  const mixes = await server.command('moa.mixes');
  if (mixes === undefined) {
    return;
  }
  const auto = AUTO[purpose];
  const items = [
    ...mixOrder(mixes, purpose, current).map((mix) => ({
      name: mix.name,
      label: `$(${mix.name === current ? 'check' : mix.ready ? 'blank' : 'circle-slash'}) ${mix.name}`,
      description: readiness(mix),
      detail: mix.description,
    })),
    { name: auto.name, label: `$(wand) ${auto.name}`, detail: auto.detail },
  ];
  const pick = vscode.window.createQuickPick<(typeof items)[number]>();
  const buttons = Object.entries(KEEP).map(([name, { says }]) => ({ iconPath: new vscode.ThemeIcon(name), tooltip: says }));
  // The server takes a folder's own mix for no default.
  pick.items = items.map((item) => ({ ...item, buttons: item.name.endsWith(' (workspace)') ? [] : buttons }));
  pick.title = purpose === 'actions' ? 'Moa: mix for actions' : 'Moa: mix for inline completion';
  pick.placeholder = `Until the server stops, unless you keep it by an item's buttons${current === null ? '' : `; now ${current}`}`;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.onDidTriggerItemButton(({ item, button }) => {
    const target = button.iconPath instanceof vscode.ThemeIcon ? KEEP[button.iconPath.id]?.target : undefined;
    pick.hide();
    void keep(purpose, item.name, target ?? vscode.ConfigurationTarget.Global);
    void server.command('moa.selectMix', { name: item.name, for: purpose });
  });
  pick.onDidAccept(() => {
    const chosen = pick.selectedItems[0] ?? pick.activeItems[0];
    pick.hide();
    if (chosen !== undefined) {
      void server.command('moa.selectMix', { name: chosen.name, for: purpose });
    }
  });
  pick.onDidHide(() => {
    pick.dispose();
  });
  pick.show();
}

/** Write a choice into settings. */
async function keep(purpose: Purpose, name: string, target: vscode.ConfigurationTarget): Promise<void> {
  const setting = purpose === 'actions' ? 'mix' : 'inline.mix';
  try {
    await vscode.workspace.getConfiguration('moa').update(setting, name, target);
  } catch (error) {
    void vscode.window.showErrorMessage(`Moa: the choice could not be kept: ${error instanceof Error ? error.message : String(error)}`);
  }
}
