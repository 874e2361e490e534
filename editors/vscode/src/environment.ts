/** A virtual environment of the extension's own, made of the wheel that it brings; knows nothing of the editor. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Written last: an environment without it was interrupted, and is made anew. */
const COMPLETE = '.complete';

/** Of the hash of a wheel, in the name of its environment: as many as tell apart what one user ever had. */
const HASH_CHARS = 12;

const OLDEST_PYTHON = [3, 11] as const;

/** What came with the extension. */
export interface Shipped {
  readonly wheel: string;
  /** The installer, for Pythons whose `venv` has none (Debian's without python3-venv). */
  readonly pip: string | undefined;
  readonly version: string;
}

/** How one command is run; it rejects, with what the command said, when that fails. */
export type Execute = (argv: readonly string[]) => Promise<string>;

/** What can make an environment on this machine, best first. */
export interface Tools {
  readonly pythons: readonly string[];
  readonly uv: string | undefined;
}

/** The wheels in a folder of the extension; `undefined` where no server came with it. */
export async function shipped(folder: string): Promise<Shipped | undefined> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const wheel = names.find((name) => /^moa_lsp-.*\.whl$/.test(name));
  const pip = names.find((name) => /^pip-.*\.whl$/.test(name));
  if (wheel === undefined) {
    return undefined;
  }
  return { wheel: join(folder, wheel), pip: pip && join(folder, pip), version: wheel.split('-')[1] ?? '' };
}

/** The folder of the environment for a wheel: another content has another folder. */
export async function folderFor(storage: string, { wheel, version }: Shipped): Promise<string> {
  const hash = createHash('sha256').update(await readFile(wheel)).digest('hex');
  return join(storage, `server-${version}-${hash.slice(0, HASH_CHARS)}`);
}

/** A program of an environment. */
export function programIn(environment: string, name: string, windows: boolean): string {
  return windows ? join(environment, 'Scripts', `${name}.exe`) : join(environment, 'bin', name);
}

/** Environments that are complete, the newest first. */
export async function environments(storage: string): Promise<string[]> {
  const names = await readdir(storage).catch(() => [] as string[]);
  const found = await Promise.all(
    names
      .filter((name) => name.startsWith('server-'))
      .map(async (name) => {
        const made = await stat(join(storage, name, COMPLETE)).catch(() => undefined);
        return { path: join(storage, name), at: made?.mtimeMs };
      }),
  );
  return found
    .flatMap(({ path, at }) => (at === undefined ? [] : [{ path, at }]))
    .sort((a, b) => b.at - a.at)
    .map(({ path }) => path);
}

/** Whether a Python says that it is new enough, to `--version`. */
export function isNewEnough(said: string): boolean {
  const [, major, minor] = /^Python (\d+)\.(\d+)/.exec(said.trim()) ?? [];
  const found = [Number(major), Number(minor)] as const;
  return found[0] > OLDEST_PYTHON[0] || (found[0] === OLDEST_PYTHON[0] && found[1] >= OLDEST_PYTHON[1]);
}

/** Names under which a Python may be on the PATH, best first. */
export function pythonNames(windows: boolean): string[] {
  return windows ? ['python', 'python3', 'py'] : ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];
}

/** The ways to make an environment, each a list of commands: another is tried where one fails. */
export function ways(tools: Tools, folder: string, from: Shipped, windows: boolean): string[][][] {
  const python = programIn(folder, 'python', windows);
  const quiet = ['--disable-pip-version-check', '--no-input'];
  const byPython = tools.pythons.map((each) =>
    from.pip === undefined
      ? [
          [each, '-m', 'venv', folder],
          [python, '-m', 'pip', 'install', ...quiet, from.wheel],
        ]
      : [
          [each, '-m', 'venv', '--without-pip', folder],
          [python, join(from.pip, 'pip'), 'install', ...quiet, '--no-index', from.pip],
          [python, '-m', 'pip', 'install', ...quiet, from.wheel],
        ],
  );
  const byUv =
    tools.uv === undefined
      ? []
      : [
          [
            [tools.uv, 'venv', '--quiet', '--python', `>=${OLDEST_PYTHON.join('.')}`, folder],
            [tools.uv, 'pip', 'install', '--quiet', '--python', python, from.wheel],
          ],
        ];
  return [...byPython, ...byUv];
}

/**
 * Make the environment, unless it is there, and give the path of the server in it.
 *
 * @param tell called with each step.
 * @throws Error nothing on this machine can make one, with what the last one that tried said.
 */
export async function make(
  storage: string,
  from: Shipped,
  tools: Tools,
  windows: boolean,
  execute: Execute,
  tell: (step: string) => void,
): Promise<string> {
  const folder = await folderFor(storage, from);
  const program = programIn(folder, 'moa-lsp', windows);
  if ((await environments(storage)).includes(folder)) {
    return program;
  }
  await mkdir(storage, { recursive: true });
  let wrong = 'there is no Python 3.11 or newer and no uv on the PATH; install one of them';
  for (const way of ways(tools, folder, from, windows)) {
    await rm(folder, { recursive: true, force: true });
    try {
      for (const [number, argv] of way.entries()) {
        tell(number === 0 ? `environment by ${basename(argv[0] ?? '')}` : number === way.length - 1 ? 'server and its libraries' : 'installer');
        await execute(argv);
      }
      await execute([program, '--version']);
      await writeFile(join(folder, COMPLETE), from.version);
      return program;
    } catch (error) {
      wrong = lastLine(error instanceof Error ? error.message : String(error));
    }
  }
  await rm(folder, { recursive: true, force: true });
  throw new Error(wrong);
}

/** Remove environments that are not in use. */
export async function clean(storage: string, used: string): Promise<void> {
  for (const name of await readdir(storage).catch(() => [] as string[])) {
    const path = join(storage, name);
    if (name.startsWith('server-') && path !== used) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

/** Whether one version is newer than another: numbers, separated by dots. */
export function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((each) => each.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let part = 0; part < Math.max(a?.length ?? 0, b?.length ?? 0); part += 1) {
    const difference = (a?.[part] ?? 0) - (b?.[part] ?? 0);
    if (difference !== 0) {
      return difference > 0;
    }
  }
  return false;
}

function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1) ?? text;
}
