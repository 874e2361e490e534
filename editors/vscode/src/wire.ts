/** What the server answers and asks, as docs/editor-protocol.md has it; knows nothing of the editor. */

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

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

export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
}

export interface Sums {
  readonly runs: number;
  readonly usage: Tokens;
  readonly cost_usd: number;
  readonly cost_known: boolean;
}

/** What `moa.usage` answers. */
export interface Usage {
  readonly session: Sums;
  readonly today: Sums & { readonly budget_usd: number };
}

/** The argument of `moa.run`. */
export interface ActionRequest {
  readonly action: string;
  readonly uri: string;
  readonly range: Range;
  readonly version?: number;
  readonly mix?: string;
  readonly instruction?: string;
}

export type AgentState = 'ok' | 'declined' | 'rejected' | 'failed' | 'cancelled' | 'late';

export interface AgentRecord {
  readonly agent: string;
  readonly model: string;
  readonly state: AgentState;
  readonly reason?: string | null;
}

/** What `moa.result` and `moa.apply` answer. */
export interface RunRecord {
  readonly run: string;
  readonly action: string;
  readonly mix: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly applied: boolean;
  readonly edit: object | null;
  readonly text: string | null;
  readonly reason: string | null;
  readonly seconds: number;
  /** Who wrote `text`, where somebody can be named. */
  readonly author?: string | null;
  readonly aggregation: { readonly by: string; readonly model?: string | null; readonly fallback?: string | null } | null;
  readonly proposals: readonly AgentRecord[];
  readonly cost_usd: number;
  readonly cost_known: boolean;
  readonly warnings: readonly string[];
}

/** One of what `moa.proposals` answers; the run's result is the first, as agent `result`. */
export interface Proposal {
  readonly agent: string;
  readonly model?: string | null;
  readonly state: AgentState;
  readonly reason?: string | null;
  readonly text?: string | null;
  readonly equal_to?: string | null;
  readonly applied: boolean;
  /** By name `ok`, or why the text fails; `null` where the check has nothing to say. */
  readonly checks: Readonly<Record<string, string | null>>;
  readonly seconds: number;
  readonly cost_usd: number | null;
}

/** The agent's name of the run's own result. */
export const RESULT = 'result';

/** A part of an edit that can be taken alone. */
export interface Hunk {
  readonly id: string | number;
  readonly uri: string;
  readonly range: Range;
  readonly newText: string;
}

/** `moa/preview`. */
export interface Preview {
  readonly run: string;
  readonly uri: string;
  readonly title: string;
  readonly diff: string;
  readonly warnings: readonly string[];
  readonly hunks?: readonly Hunk[];
}

/** What is answered to it; without `hunks` all of them are meant. */
export interface Verdict {
  readonly accept: boolean;
  readonly hunks?: readonly Hunk['id'][];
}

/** `moa/partial`: all of an answer so far. */
export interface Partial {
  readonly run: string;
  readonly uri: string;
  readonly range: Range;
  readonly text: string;
  readonly done: boolean;
}
