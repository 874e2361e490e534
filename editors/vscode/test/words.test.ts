import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dollars, readiness, statusText, statusTip, usageText, type Mix, type Status } from '../src/words';

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
  [{ ready: false, missing: ['LAB_KEY is not set', 'x'] }, 'missing: LAB_KEY is not set; x'],
] as const) {
  test(`a mix is shown as ${text}`, () => {
    assert.equal(readiness({ ...MIX, ...change }), text);
  });
}

test('usage says that a cost is a lower bound', () => {
  const sums = { runs: 1, input: 2, output: 3, cost_usd: 0.5, cost_known: false };
  assert.equal(
    usageText({ session: sums, today: { ...sums, runs: 4, cost_known: true, budget_usd: 5 } }),
    'This session: 1 run, at least $0.50, 2 tokens in, 3 out. Today: 4 runs, $0.50, 2 tokens in, 3 out, of a budget of $5.00.',
  );
});
