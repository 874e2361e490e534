/**
 * What the server answers and asks. Written by `python -m docs.tables` from moa_lsp/lsp/shapes.py.
 */

/** One button. */
export interface Remedy {
  readonly do: 'apply' | 'again' | 'key' | 'configuration';
  readonly variable?: string;
  readonly path?: string;
}

/** A position in a document, in the units that client and server agreed on. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** A range in a document. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** The argument of `moa.run`. */
export interface ActionRequest {
  readonly action: string;
  readonly uri: string;
  readonly range: Range;
  readonly version?: number;
  readonly mix?: string;
  readonly instruction?: string;
  readonly again?: string;
}

/** Tokens; `cached` counts those of `input` that a provider had kept. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
}

/** What one agent of a run did. */
export interface AgentRecord {
  readonly agent: string;
  readonly model: string;
  readonly state: 'ok' | 'declined' | 'rejected' | 'failed' | 'cancelled' | 'late';
  readonly reason?: string;
  readonly seconds: number;
  readonly first_token_seconds: number | null;
  readonly usage: Tokens | null;
  readonly cost_usd: number | null;
}

/** Which step of the aggregator settled a run. */
export interface Aggregation {
  readonly by: string;
  readonly model?: string;
  readonly fallback?: string;
}

/** A run; `edit` is LSP's `WorkspaceEdit`, `text` the new text of the target or Markdown. */
export interface RunRecord {
  readonly run: string;
  readonly action: string;
  readonly mix: string;
  readonly mix_hash: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly applied: boolean;
  readonly needs_confirmation: boolean;
  readonly edit: Readonly<Record<string, unknown>> | null;
  readonly text: string | null;
  readonly reason: string | null;
  readonly seconds: number;
  readonly first_visible_seconds: number | null;
  readonly author: string | null;
  readonly aggregation: Aggregation | null;
  readonly proposals: readonly AgentRecord[];
  readonly usage: Tokens;
  readonly cost_usd: number;
  readonly cost_known: boolean;
  readonly warnings: readonly string[];
  readonly rejected: Readonly<Record<string, number>>;
  readonly remedies: readonly Remedy[];
}

/** What the project's tests said of a proposal; names in the runner's own form. */
export interface Tests {
  readonly ok: boolean;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly failure: string;
}

/** A proposal as it would stand in the target; the run's result is agent `result`. */
export interface Proposal {
  readonly agent: string;
  readonly model?: string;
  readonly state: 'ok' | 'declined' | 'rejected' | 'failed' | 'cancelled' | 'late';
  readonly reason?: string;
  readonly text?: string;
  readonly equal_to?: string;
  readonly applied: boolean;
  readonly checks: Readonly<Record<string, string | Tests | null>>;
  readonly seconds: number;
  readonly usage: Tokens | null;
  readonly cost_usd: number | null;
}

/** The id of a run that began. */
export interface RunStart {
  readonly run: string;
}

/** How many runs were cancelled. */
export interface Cancelled {
  readonly cancelled: number;
}

/** How many runs go on with the proposals that are in. */
export interface Settled {
  readonly settled: number;
}

/** Why nothing was offered, one sentence. */
export interface Why {
  readonly reason: string;
}

/** A mix; `estimate_usd` is the worst case of a run, `null` where no price is known. */
export interface Mix {
  readonly name: string;
  readonly description: string;
  readonly ready: boolean;
  readonly missing: readonly string[];
  readonly selected: boolean;
  readonly estimate_usd: number | null;
}

/** The mix that was chosen. */
export interface SelectedMix {
  readonly name: string;
  readonly for: 'actions' | 'inline';
}

/** Whether the run is known. */
export interface Accepted {
  readonly accepted: boolean;
}

/** Sums of runs and of inline requests. */
export interface Sums {
  readonly runs: number;
  readonly inline: number;
  readonly usage: Tokens;
  readonly cost_usd: number;
  readonly cost_known: boolean;
  readonly offered: number;
  readonly taken: number;
  readonly acceptance: number | null;
}

/** Sums of today, with what is charged to the day's budget. */
export interface Today {
  readonly runs: number;
  readonly inline: number;
  readonly usage: Tokens;
  readonly cost_usd: number;
  readonly cost_known: boolean;
  readonly offered: number;
  readonly taken: number;
  readonly acceptance: number | null;
  readonly day: string;
  readonly charged_usd: number;
  readonly reserved_usd: number;
  readonly budget_usd: number;
}

/** What runs cost. */
export interface Usage {
  readonly session: Sums;
  readonly today: Today;
}

/** What the runs of a server cost so far. */
export interface SessionCost {
  readonly usd: number;
  readonly input: number;
  readonly output: number;
}

/** `moa/status`: how the server stands. */
export interface Status {
  readonly state: 'idle' | 'busy' | 'warning' | 'error';
  readonly message: string;
  readonly mix: string | null;
  readonly inlineMix: string | null;
  readonly runs: number;
  readonly session: SessionCost;
}

/** `moa/partial`: all of an answer so far. */
export interface Partial {
  readonly run: string;
  readonly uri: string;
  readonly range: Range;
  readonly text: string;
  readonly done: boolean;
}

/** `moa/waiting`: who is waited for; `settles`: whether `moa.settle` goes on without them. */
export interface Waiting {
  readonly run: string;
  readonly phase: 'proposing' | 'testing' | 'aggregating' | 'checking';
  readonly usable: number;
  readonly asked: number;
  readonly waiting: readonly string[];
  readonly seconds: number;
  readonly settles: boolean;
}

/** A part of an edit that can be taken alone. */
export interface Hunk {
  readonly id: string;
  readonly uri: string;
  readonly range: Range;
  readonly newText: string;
}

/** `moa/preview`: what the user is to agree to. */
export interface Preview {
  readonly run: string;
  readonly uri: string;
  readonly title: string;
  readonly diff: string;
  readonly warnings: readonly string[];
  readonly hunks: readonly Hunk[];
}

/** The client's answer to `moa/preview`; without `hunks` all of them are meant. */
export interface Verdict {
  readonly accept: boolean;
  readonly hunks?: readonly string[];
}

/** A call of a tool, for the client of a chat to carry out. */
export interface ChatToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** The next turn of a chat; the text may have come as partial results before. */
export interface ChatAnswer {
  readonly run: string;
  readonly text: string;
  readonly tool_calls: readonly ChatToolCall[];
  readonly finish: 'stop' | 'length' | 'tool_calls';
  readonly usage: Tokens;
  readonly cost_usd: number;
  readonly cost_known: boolean;
}

/** What commands and our own requests answer. */
export interface Answers {
  readonly 'moa.run': RunStart;
  readonly 'moa.result': RunRecord;
  readonly 'moa.cancel': Cancelled;
  readonly 'moa.settle': Settled;
  readonly 'moa.apply': RunRecord;
  readonly 'moa.proposals': readonly Proposal[];
  readonly 'moa.refine': RunStart;
  readonly 'moa.why': Why;
  readonly 'moa.mixes': readonly Mix[];
  readonly 'moa.selectMix': SelectedMix;
  readonly 'moa.accepted': Accepted;
  readonly 'moa.usage': Usage;
  readonly 'moa/chat': ChatAnswer;
}

/** What the server tells and asks by itself. */
export interface Messages {
  readonly 'moa/status': Status;
  readonly 'moa/partial': Partial;
  readonly 'moa/waiting': Waiting;
  readonly 'moa/preview': Preview;
}
