/** Finds the server program, and offers to install it where there is none. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { candidates, firstProgram, isProgram, onPath, type Surroundings } from './locate';

const PROBE_MS = 20_000;

/** A message for the user: what is wrong with the program, and what to do. */
export class NoServer extends Error {
  constructor(
    message: string,
    readonly missing: boolean,
  ) {
    super(message);
  }
}

/**
 * The path of the server.
 *
 * @throws NoServer there is none, or what stands there is something else.
 */
export async function program(log: vscode.LogOutputChannel): Promise<string> {
  const around = await surroundings();
  if (around.path !== '' && !(await isProgram(around.path))) {
    throw new NoServer(`moa.server.path names no program: ${around.path}`, false);
  }
  const path = await firstProgram(candidates(around));
  if (path === undefined) {
    const trust = around.trusted ? '' : ' Environments of a folder count once you trust it.';
    throw new NoServer(`the server moa-lsp was not found.${trust}`, true);
  }
  const version = await probe(path);
  if (version === undefined) {
    throw new NoServer(`${path} is not moa-lsp, or it does not start.`, false);
  }
  log.info(`server: ${path}, ${version}`);
  return path;
}

/** Tell what is wrong in one message, with what can be done about it. */
export async function complain(error: NoServer): Promise<void> {
  const set = 'Set the path';
  const install = 'Install it';
  const choices = error.missing ? [install, set] : [set];
  const chosen = await vscode.window.showErrorMessage(`Moa: ${error.message}`, ...choices);
  if (chosen === set) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'moa.server.path');
  } else if (chosen === install) {
    await vscode.commands.executeCommand('moa.install');
  }
}

/**
 * Write the command that installs the server into a terminal; the user sees it and presses Enter.
 *
 * What is installed comes with the extension: under a name of ours in a registry, anybody could offer anything.
 *
 * @param extension folder of the extension.
 */
export async function install(extension: string): Promise<void> {
  const around = await surroundings();
  const shipped = await packageIn(join(extension, 'dist', 'server'));
  if (shipped === undefined) {
    await vscode.window.showErrorMessage('Moa: no server came with this extension. Install moa-lsp by hand, and restart the server.');
    return;
  }
  const ways: string[] = [];
  if ((await onPath('uv', around)) !== undefined) {
    ways.push(`uv tool install --force "${shipped}"`);
  }
  if ((await onPath('pipx', around)) !== undefined) {
    ways.push(`pipx install --force "${shipped}"`);
  }
  if (ways.length === 0) {
    await vscode.window.showErrorMessage(
      'Moa: neither uv nor pipx is on the PATH. Install one of them, or moa-lsp itself, and restart the server.',
    );
    return;
  }
  const way = await vscode.window.showQuickPick(ways, { title: 'Moa: install the server', placeHolder: 'The command is shown in a terminal; Enter runs it' });
  if (way === undefined) {
    return;
  }
  const terminal = vscode.window.createTerminal({ name: 'Moa: install' });
  terminal.show();
  terminal.sendText(way, false);
  const start = 'Start the server';
  const chosen = await vscode.window.showInformationMessage('Moa: when the terminal is done:', start);
  if (chosen === start) {
    await vscode.commands.executeCommand('moa.restart');
  }
}

async function packageIn(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const found = names.find((name) => name.endsWith('.whl'));
  return found === undefined ? undefined : join(folder, found);
}

async function surroundings(): Promise<Surroundings> {
  const trusted = vscode.workspace.isTrusted;
  return {
    path: vscode.workspace.getConfiguration('moa').get<string>('server.path', '').trim(),
    trusted,
    folders: (vscode.workspace.workspaceFolders ?? []).filter((each) => each.uri.scheme === 'file').map((each) => each.uri.fsPath),
    interpreter: trusted ? await interpreter() : undefined,
    search: process.env.PATH ?? '',
    home: homedir(),
    windows: process.platform === 'win32',
  };
}

/** What we use of the Python extension. */
interface PythonApi {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(
      path: unknown,
    ): Promise<{ readonly executable?: { readonly uri?: vscode.Uri } } | undefined>;
  };
}

async function interpreter(): Promise<string | undefined> {
  try {
    const python = vscode.extensions.getExtension<PythonApi | undefined>('ms-python.python');
    const environments = (await python?.activate())?.environments;
    if (environments === undefined) {
      return undefined;
    }
    const active = environments.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri);
    return (await environments.resolveEnvironment(active))?.executable?.uri?.fsPath;
  } catch {
    return undefined; // the other places are looked at then
  }
}

/** What a program says to `--version`, if it is the server. */
async function probe(path: string): Promise<string | undefined> {
  try {
    const said = await promisify(execFile)(path, ['--version'], { cwd: homedir(), timeout: PROBE_MS });
    return said.stdout.startsWith('moa-lsp') ? said.stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}
