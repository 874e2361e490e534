import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentRecord, Mix, Proposal, RunRecord, Status, Sums } from '../src/wire';
import {
  dollars,
  endText,
  failureText,
  forUser,
  mixOrder,
  proposalText,
  readiness,
  statusText,
  statusTip,
  tail,
  troubleText,
  usageText,
  waitingFor,
  waitingText,
} from '../src/words';

const IDLE: Status = { state: 'idle', message: '', mix: 'open', inlineMix: null, runs: 0, session: { usd: 0, input: 0, output: 0 } };
const MIX: Mix = { name: 'open', description: '', ready: true, missing: [], selected: false, estimate_usd: 0 };

for (const [usd, text] of [
  [0, '$0'],
  [0.00001, '<$0.0001'],
  [0.0123, '$0.0123'],
  [1.5, '$1.50'],
] as const) {
  test(`${usd} dollars are ${text}`, () => {
    assert.equal(dollars(usd), text);
  });
}

test('the status bar shows the state, the mix, and a cost once there is one', () => {
  assert.equal(statusText(IDLE), '$(sparkle) open');
  assert.equal(statusText({ ...IDLE, state: 'busy', session: { usd: 0.02, input: 9, output: 9 } }), '$(loading~spin) open · $0.0200');
  assert.equal(statusText({ ...IDLE, state: 'error', mix: null }), '$(error) Moa');
});

test('the tip says what is wrong, and what is off', () => {
  const tip = statusTip({ ...IDLE, state: 'warning', message: 'the mix is missing' });
  assert.match(tip, /^the mix is missing\n/);
  assert.match(tip, /inline: off/);
});

for (const [change, text] of [
  [{}, 'ready · free'],
  [{ estimate_usd: 0.05 }, 'ready · at most $0.0500 a run'],
  [{ estimate_usd: null }, 'ready · cost unknown'],
  [{ ready: false, missing: ['ollama: not running'] }, 'ollama: not running'],
  [{ ready: false, missing: ['LAB_KEY is not set', 'x'] }, 'missing: LAB_KEY is not set; x'],
] as const) {
  test(`a mix is shown as ${text}`, () => {
    assert.equal(readiness({ ...MIX, ...change }), text);
  });
}

test('usage says that a cost is a lower bound', () => {
  const sums: Sums = { runs: 1, inline: 0, usage: { input: 2, output: 3, cached: 0 }, cost_usd: 0.5, cost_known: false, offered: 0, taken: 0, acceptance: null };
  const day = { day: '2026-12-01', charged_usd: 0.5, reserved_usd: 0 };
  assert.equal(
    usageText({ session: sums, today: { ...sums, ...day, runs: 4, cost_known: true, budget_usd: 5 } }),
    'This session: 1 run, at least $0.50, 2 tokens in, 3 out. Today: 4 runs, $0.50, 2 tokens in, 3 out, of a budget of $5.00.',
  );
});

const TOOK = { seconds: 2, first_token_seconds: 1, usage: null, cost_usd: 0.001 };
const RECORD: RunRecord = {
  run: 'r1',
  action: 'refactor',
  mix: 'open',
  mix_hash: '',
  state: 'done',
  applied: true,
  needs_confirmation: false,
  edit: {},
  text: 'x',
  reason: null,
  seconds: 6.24,
  first_visible_seconds: 2,
  author: null,
  aggregation: { by: 'model', model: 'lab/glm' },
  proposals: [
    { agent: 'deepseek', model: 'lab/ds', state: 'ok', ...TOOK },
    { agent: 'mistral', model: 'lab/ms', state: 'ok', ...TOOK },
  ],
  usage: { input: 1, output: 1, cached: 0 },
  cost_usd: 0.0021,
  cost_known: true,
  warnings: [],
  rejected: {},
  remedies: [],
};
const LOST: AgentRecord = { agent: 'qwen', model: 'lab/qwen', state: 'failed', reason: 'answered 500', ...TOOK };

for (const [change, text] of [
  [{}, 'glm from 2 proposals · 6.2 s · $0.0021'],
  [{ aggregation: { by: 'agree' } }, 'deepseek and mistral agree · 6.2 s · $0.0021'],
  [{ aggregation: { by: 'select', model: 'lab/ds' } }, 'ds from 2 proposals · 6.2 s · $0.0021'],
  [{ author: 'GLM from 2 proposals' }, 'GLM from 2 proposals · 6.2 s · $0.0021'],
  [{ cost_known: false, applied: false }, 'glm from 2 proposals (not applied) · 6.2 s · at least $0.0021'],
  [{ proposals: [...RECORD.proposals, LOST] }, 'glm from 2 proposals · 1 failed · 6.2 s · $0.0021'],
  [{ state: 'failed', reason: 'no key', applied: false }, 'refactor failed · no key · 6.2 s · $0.0021'],
] as const) {
  test(`a run ends as ${text}`, () => {
    assert.equal(endText({ ...RECORD, ...change }), text);
  });
}

test('a message is for a run that ended well although something failed', () => {
  assert.equal(troubleText({ ...RECORD, warnings: ['the cost is an estimate'] }), undefined);
  assert.equal(troubleText({ ...RECORD, state: 'failed', proposals: [LOST] }), undefined);
  assert.equal(
    troubleText({ ...RECORD, proposals: [...RECORD.proposals, LOST], aggregation: { by: 'select', model: 'lab/glm', fallback: 'the aggregator failed.' } }),
    'refactor by glm from 2 proposals. qwen failed: answered 500; the aggregator failed.',
  );
});

const PROPOSAL: Proposal = {
  agent: 'mistral',
  model: 'lab/ms',
  state: 'ok',
  text: 'x',
  equal_to: 'deepseek',
  applied: false,
  checks: { parse: 'ok', names: 'loses `close`', tests: null },
  seconds: 4,
  usage: null,
  cost_usd: 0,
};

test('an entry of the picker says who, how long, how much, what the checks say, and what it equals', () => {
  assert.equal(proposalText(PROPOSAL), 'ms · 4.0 s · $0 · parse ✓ · names: loses `close` · same as deepseek');
  const result = { ...PROPOSAL, agent: 'result', model: undefined, equal_to: undefined, checks: {}, applied: true, cost_usd: null };
  assert.equal(proposalText(result), 'stands now · 4.0 s');
  const verdict = { ok: false, passed: ['a', 'b'], failed: ['c'], failure: 'AssertionError' };
  const tested = { ...PROPOSAL, checks: { ...PROPOSAL.checks, tests: verdict } };
  assert.equal(proposalText(tested), 'ms · 4.0 s · $0 · parse ✓ · names: loses `close` · tests: 1 of 3 failed · same as deepseek');
  assert.match(proposalText({ ...tested, checks: { tests: { ...verdict, ok: true, failed: [] } } }), /· tests ✓ ·/);
  assert.match(proposalText({ ...PROPOSAL, state: 'rejected', reason: 'an apology' }), /rejected: an apology$/);
});

test('a run that left no edit says why in the words of this editor', () => {
  assert.equal(failureText(RECORD), undefined);
  assert.equal(failureText({ ...RECORD, applied: false, state: 'cancelled', reason: 'x' }), undefined);
  assert.equal(failureText({ ...RECORD, applied: false, reason: 'the editor did not apply the edit; it is kept for moa.apply' }), 'the editor did not apply the edit; it is kept');
  assert.equal(forUser('nothing was applied, the result is kept for moa.apply'), 'nothing was applied; it is kept');
  assert.equal(forUser('look at the result, then run moa.apply'), 'look at the result, then run “Moa: Apply Last Result”');
});

test('who is waited for is told with the proposals that are in', () => {
  const waiting = { run: 'r1', phase: 'proposing', usable: 2, asked: 3, waiting: ['qwen'], seconds: 12, settles: true } as const;
  assert.equal(waitingFor(waiting), '2/3 proposals · qwen, 12 s');
});

test('the status says why an edit waits', () => {
  assert.equal(waitingText(['leaves 3 of 8 lines', 'removes close']), 'waiting for you: leaves 3 of 8 lines; removes close');
  assert.equal(waitingText([]), 'waiting for you');
});

test('the picker has what is in use on top, then what can run, and no inline mix for actions', () => {
  const mixes = [
    { ...MIX, name: 'gone', ready: false },
    { ...MIX, name: 'open-inline' },
    { ...MIX, name: 'a' },
    { ...MIX, name: 'used', ready: false },
  ];
  const names = (purpose: 'actions' | 'inline', current: string): string[] => mixOrder(mixes, purpose, current).map(({ name }) => name);
  assert.deepEqual(names('actions', 'used'), ['used', 'a', 'gone']);
  assert.deepEqual(names('inline', 'a'), ['a', 'open-inline', 'gone', 'used']);
});

test('what is being written is told by its length and its end', () => {
  assert.equal(tail('def f():\n    return 1\n', 80), '2 lines · return 1');
  assert.equal(tail('a𝒳b', 2), '…b');
  assert.equal(tail('', 2), '');
});
