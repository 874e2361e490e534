/** What the server tells, in words for status bar, picker and messages; knows nothing of the editor. */
import type { Mix, Proposal, RunRecord, Status, Sums, Usage, Waiting } from './wire';

/** The agent's name of the run's own result. */
export const RESULT = 'result';

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
  if (!mix.ready && mix.missing.some((each) => each.includes('not running'))) {
    return mix.missing.join('; ');
  }
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

function sums(told: Pick<Sums, 'runs' | 'usage' | 'cost_usd' | 'cost_known'>): string {
  const runs = told.runs === 1 ? '1 run' : `${told.runs} runs`;
  const least = told.cost_known ? '' : 'at least ';
  return `${runs}, ${least}${dollars(told.cost_usd)}, ${told.usage.input} tokens in, ${told.usage.output} out`;
}

/** A cost, as a lower bound where a part of it is unknown. */
function cost(usd: number, known: boolean): string {
  return `${known ? '' : 'at least '}${dollars(usd)}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** A model without its provider. */
export function modelName(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1);
}

/** Who wrote the result, of what. */
export function authors(record: RunRecord): string {
  if (typeof record.author === 'string') {
    return record.author;
  }
  const usable = record.proposals.filter(({ state }) => state === 'ok').map(({ agent }) => agent);
  const { by, model } = record.aggregation ?? { by: 'single', model: undefined };
  if (by === 'agree' && usable.length > 1) {
    return `${listed(usable)} agree`;
  }
  const author = typeof model === 'string' ? modelName(model) : undefined;
  if (author === undefined) {
    return usable.length > 0 ? listed(usable) : record.mix;
  }
  return usable.length > 1 || (usable.length === 1 && by === 'model') ? `${author} from ${proposalCount(usable.length)}` : author;
}

/** The agents that gave nothing usable, each with its reason. */
export function failures(record: RunRecord): string[] {
  return record.proposals
    .filter(({ state }) => state === 'failed' || state === 'rejected')
    .map(({ agent, state, reason }) => `${agent} ${state}${typeof reason === 'string' ? `: ${reason}` : ''}`);
}

/** A run's end in one line. */
export function endText(record: RunRecord): string {
  const parts = [`${record.seconds.toFixed(1)} s`, cost(record.cost_usd, record.cost_known)];
  if (record.state !== 'done') {
    return [`${record.action} ${record.state}`, ...(record.reason === null ? [] : [record.reason]), ...parts].join(' · ');
  }
  const failed = failures(record);
  return [
    record.applied || record.edit === null ? authors(record) : `${authors(record)} (not applied)`,
    ...(failed.length === 0 ? [] : [`${failed.length} failed`]),
    ...parts,
  ].join(' · ');
}

/** What to tell in a message once a run has ended well although something failed on the way. */
export function troubleText(record: RunRecord): string | undefined {
  if (record.state !== 'done') {
    return undefined; // the server has told the user
  }
  const fallback = record.aggregation?.fallback;
  const said = [...failures(record), ...(typeof fallback === 'string' ? [fallback] : [])];
  return said.length === 0 ? undefined : `${record.action} by ${authors(record)}. ${said.map((each) => each.replace(/\.$/, '')).join('; ')}.`;
}

/** Why a run ended without an edit that stands, where its user has not ended it. */
export function failureText(record: RunRecord): string | undefined {
  return record.state === 'cancelled' || record.applied || record.reason === null ? undefined : forUser(record.reason);
}

/** A sentence of the server's in the words of this editor. */
export function forUser(sentence: string): string {
  return sentence
    .replace(/; it is kept for moa\.apply|, the (?:result|edit) is kept for moa\.apply/, '; it is kept')
    .replace(/the (?:result|edit) is kept for moa\.apply/, 'it is kept')
    .replace(/run moa\.apply/, 'run “Moa: Apply Last Result”')
    .replace(/moa\.apply/g, '“Moa: Apply Last Result”');
}

/** Who is waited for, in one line. */
export function waitingFor({ usable, asked, waiting, seconds }: Waiting): string {
  return `${usable}/${asked} proposals · ${listed(waiting)}, ${seconds} s`;
}

export function proposalCount(count: number): string {
  return count === 1 ? '1 proposal' : `${count} proposals`;
}

/** How many proposals of a run a user can take. */
export function takeable(record: RunRecord): number {
  return record.proposals.filter(({ state }) => state === 'ok').length;
}

/** How an entry of the picker is called. */
export function proposalName({ agent }: Proposal): string {
  return agent === RESULT ? 'Result' : agent;
}

/** What one check says; of tests, how many passed and failed. */
function checkText(name: string, said: NonNullable<Proposal['checks'][string]>): string {
  if (typeof said === 'string') {
    return said === 'ok' ? `${name} ✓` : `${name}: ${said}`;
  }
  const [passed, failed] = [said.passed.length, said.failed.length];
  if (said.ok) {
    return `${name} ✓`;
  }
  return failed === 0 ? `${name}: ${said.failure.split('\n', 1)[0] ?? ''}` : `${name}: ${failed} of ${passed + failed} failed`;
}

/** What there is to know of a proposal, in one line. */
export function proposalText(proposal: Proposal): string {
  const model = typeof proposal.model === 'string' ? [modelName(proposal.model)] : [];
  const checks = Object.entries(proposal.checks).flatMap(([name, said]) => (said === null ? [] : [checkText(name, said)]));
  const same = typeof proposal.equal_to === 'string' ? [`same as ${proposal.equal_to === RESULT ? 'the result' : proposal.equal_to}`] : [];
  const state = proposal.state === 'ok' ? [] : [`${proposal.state}${typeof proposal.reason === 'string' ? `: ${proposal.reason}` : ''}`];
  const usd = proposal.cost_usd === null ? [] : [dollars(proposal.cost_usd)];
  return [...(proposal.applied ? ['stands now'] : []), ...model, `${proposal.seconds.toFixed(1)} s`, ...usd, ...checks, ...same, ...state].join(' · ');
}

/** Why an edit is to be confirmed; empty where the user wants to see each. */
export function waitingText(warnings: readonly string[]): string {
  return `waiting for you${warnings.length === 0 ? '' : `: ${warnings.join('; ')}`}`;
}

/** Mixes as a picker shows them: what is in use, then those that can run; for actions none that was made for inline completion. */
export function mixOrder(mixes: readonly Mix[], purpose: 'actions' | 'inline', current: string | null): Mix[] {
  // By their names: what `moa.mixes` answers does not say for what a mix was made.
  const inline = ({ name }: Mix): boolean => /(^|-)inline( |$)/.test(name);
  const rank = (mix: Mix): number => (mix.name === current ? 0 : 1 + 2 * Number(!mix.ready) + Number(!inline(mix)));
  return mixes
    .filter((mix) => mix.name === current || purpose === 'inline' || !inline(mix))
    .toSorted((a, b) => rank(a) - rank(b)); // stable
}

/** The end of a text that is being written, on one line: how long it is, and its last words. */
export function tail(text: string, chars: number): string {
  const lines = text.trimEnd().split(/\r\n|\r|\n/);
  const last = (lines.at(-1) ?? '').trim();
  // No half of a pair at its front.
  const shown = last.length > chars ? `…${last.slice(-chars).replace(/^[\uDC00-\uDFFF]/, '')}` : last;
  return lines.length > 1 ? `${lines.length} lines · ${shown}` : shown;
}
