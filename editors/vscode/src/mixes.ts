/** The pickers of mixes. */
import * as vscode from 'vscode';
import type { Server } from './server';
import type { Mix } from './wire';
import { mixOrder, readiness } from './words';

type Purpose = 'actions' | 'inline';

const AUTO = {
  actions: { name: 'auto', detail: 'Leave it to the configuration: the first mix that is ready' },
  inline: { name: 'auto-inline', detail: 'Leave it to the configuration: the first mix that is ready, and free' },
} as const;

/** Let the user choose a mix for as long as the server runs; `current` is what is in use. */
export async function chooseMix(server: Server, purpose: Purpose, current: string | null): Promise<void> {
  const mixes = (await server.command('moa.mixes')) as readonly Mix[] | undefined;
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
  const chosen = await vscode.window.showQuickPick(items, {
    title: purpose === 'actions' ? 'Moa: mix for actions' : 'Moa: mix for inline completion',
    placeHolder: current === null ? 'Until the server stops' : `Until the server stops; now ${current}`,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (chosen !== undefined) {
    await server.command('moa.selectMix', { name: chosen.name, for: purpose });
  }
}
