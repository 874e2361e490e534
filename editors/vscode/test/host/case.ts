/** What the cases in the extension host share: their list, and waiting. */

/** For one case, on a busy machine. */
const PATIENCE_MS = 60_000;

/** By name. */
export const cases = new Map<string, () => Promise<void>>();

/** One case; its name is that of the test. */
export function test(name: string, work: () => Promise<void>): void {
  cases.set(name, work);
}

/** Run every case, one after the other: what went wrong in each, `null` where nothing did. */
export async function runAll(): Promise<Record<string, string | null>> {
  const told: Record<string, string | null> = {};
  for (const [name, work] of cases) {
    told[name] = await Promise.race([work(), tooLate()]).then(
      () => null,
      (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
  }
  return told;
}

/** What a condition says, once that is true. */
export async function until<T>(condition: () => T | Promise<T>): Promise<T> {
  for (;;) {
    const found = await condition();
    if (found) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function tooLate(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => {
      reject(new Error('it did not end'));
    }, PATIENCE_MS).unref();
  });
}
