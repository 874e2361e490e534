/** What the server tells, in words for status bar, picker and messages; knows nothing of the editor. */

/** `moa/status`. */
export interface Status {
  readonly state: 'idle' | 'busy' | 'warning' | 'error';
  readonly message: string;
  readonly mix: string | null;
  readonly inlineMix: string | null;
  readonly runs: number;
  readonly session: { readonly usd: number; readonly input: number; readonly output: number };
}

/** One of what `moa.mixes` answers. */
export interface Mix {
  readonly name: string;
  readonly description: string;
  readonly ready: boolean;
  readonly missing: readonly string[];
  readonly selected: boolean;
  readonly estimate_usd: number | null;
}

interface Sums {
  readonly runs: number;
  readonly input: number;
  readonly output: number;
  readonly cost_usd: number;
  readonly cost_known: boolean;
}

/** What `moa.usage` answers. */
export interface Usage {
  readonly session: Sums;
  readonly today: Sums & { readonly budget_usd: number };
}

const ICONS = { idle: 'sparkle', busy: 'loading~spin', warning: 'warning', error: 'error' } as const;

/** Dollars, as precisely as small sums need. */
export function dollars(usd: number): string {
  if (usd === 0) {
    return '$0';
  }
  return usd < 0.0001 ? '<$0.0001' : `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`;
}

export function statusText(status: Status): string {
  const cost = status.session.usd > 0 ? ` · ${dollars(status.session.usd)}` : '';
  return `$(${ICONS[status.state]}) ${status.mix ?? 'Moa'}${cost}`;
}

/** Lines of plain text. */
export function statusTip(status: Status): string {
  const { usd, input, output } = status.session;
  const lines = [
    status.message === '' ? 'Moa is ready' : status.message,
    `actions: ${status.mix ?? 'no mix'}`,
    `inline: ${status.inlineMix ?? 'off'}`,
    `this session: ${dollars(usd)}, ${input} tokens in, ${output} out`,
  ];
  return lines.join('\n');
}

/** Whether a mix can run, and what a run costs at most. */
export function readiness(mix: Mix): string {
  if (!mix.ready) {
    return `missing: ${mix.missing.join('; ')}`;
  }
  if (mix.estimate_usd === null) {
    return 'ready · cost unknown';
  }
  return mix.estimate_usd === 0 ? 'ready · free' : `ready · at most ${dollars(mix.estimate_usd)} a run`;
}

export function usageText(usage: Usage): string {
  return (
    `This session: ${sums(usage.session)}. ` +
    `Today: ${sums(usage.today)}, of a budget of ${dollars(usage.today.budget_usd)}.`
  );
}

function sums(told: Sums): string {
  const runs = told.runs === 1 ? '1 run' : `${told.runs} runs`;
  const least = told.cost_known ? '' : 'at least ';
  return `${runs}, ${least}${dollars(told.cost_usd)}, ${told.input} tokens in, ${told.output} out`;
}
