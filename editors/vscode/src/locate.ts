/** Where the server program is looked for; knows nothing of the editor. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, relative } from 'node:path';

export interface Surroundings {
  /** Value of `moa.server.path`, empty when it is not set. */
  readonly path: string;
  /** Whether the user trusts the opened folders: otherwise nothing inside them is started. */
  readonly trusted: boolean;
  /** Paths of the opened folders. */
  readonly folders: readonly string[];
  /** The interpreter of the active Python environment, if an extension knows it. */
  readonly interpreter: string | undefined;
  /** Programs of environments that the extension made itself, the newest first. */
  readonly own: readonly string[];
  /** Value of the environment variable PATH. */
  readonly search: string;
  readonly home: string;
  readonly windows: boolean;
}

/** Paths at which the server may be, best first. One that was set leaves no others. */
export function candidates(around: Surroundings): string[] {
  if (around.path !== '') {
    return [around.path];
  }
  const program = around.windows ? 'moa-lsp.exe' : 'moa-lsp';
  const scripts = around.windows ? 'Scripts' : 'bin';
  const found: string[] = [];
  if (around.trusted) {
    if (around.interpreter !== undefined) {
      found.push(join(dirname(around.interpreter), program));
    }
    for (const folder of around.folders) {
      found.push(join(folder, '.venv', scripts, program));
    }
  }
  found.push(...around.own);
  // A relative entry means the folder that the editor happens to run in.
  const entries = around.search.split(delimiter).filter((entry) => isAbsolute(entry));
  // Editors that a desktop starts often lack the folder that uv and pipx install to.
  for (const entry of [...entries, join(around.home, '.local', 'bin')]) {
    if (around.trusted || !around.folders.some((folder) => contains(folder, entry))) {
      found.push(join(entry, program));
    }
  }
  return [...new Set(found)];
}

/** Whether there is a file that may be started. */
export async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The first of some paths at which a program is. */
export async function firstProgram(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (await isProgram(path)) {
      return path;
    }
  }
  return undefined;
}

/** All programs of the PATH with one of some names, by name first. */
export async function allOnPath(names: readonly string[], around: Surroundings): Promise<string[]> {
  const found = await Promise.all(names.map((name) => onPath(name, around)));
  return [...new Set(found.filter((path) => path !== undefined))];
}

/** A program of the PATH. */
export function onPath(name: string, around: Surroundings): Promise<string | undefined> {
  const file = around.windows ? `${name}.exe` : name;
  const entries = around.search.split(delimiter).filter((entry) => isAbsolute(entry));
  return firstProgram([...entries, join(around.home, '.local', 'bin')].map((each) => join(each, file)));
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
}
