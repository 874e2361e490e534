/** One server process and the client that speaks to it. */
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import {
  ExecuteCommandRequest,
  LanguageClient,
  ProgressType,
  RevealOutputChannelOn,
  State,
  type ApplyWorkspaceEditParams,
  type ServerOptions,
  type ShowDocumentRequest,
  type StaticFeature,
} from 'vscode-languageclient/node';
import type { Keys } from './keys';
import { complain, NoServer } from './program';
import { tell } from './remedies';
import type { ActionRequest, Answers, ChatAnswer, Partial, Preview, Remedy, Status, Verdict, Waiting } from './wire';

const DOCUMENTS = [{ scheme: 'file' }, { scheme: 'untitled' }];

/** The protocol cannot take an edit back. */
const NEVER = new vscode.CancellationTokenSource().token;

/** The partial results of `moa/chat`. */
const CHAT_TEXT = new ProgressType<{ readonly text: string }>();

/** What this client can show beyond the protocol. */
const EXTENSIONS: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    const others = capabilities.experimental as object | undefined;
    capabilities.experimental = { ...others, moa: { preview: true, partial: true, waiting: true, endings: true } };
  },
  initialize: () => undefined,
  getState: () => ({ kind: 'static' }),
  clear: () => undefined,
};

/** A run that began; `request` is what `moa.run` or `moa.refine` was asked for. */
export interface Start {
  readonly run: string;
  readonly by: 'moa.run' | 'moa.refine';
  readonly request: ActionRequest | { readonly run: string };
}

/** A document before and after an edit of the server. */
export interface Change {
  readonly uri: vscode.Uri;
  readonly before: string;
  readonly after: string;
  /** Of the document, right after. */
  readonly version: number;
}

/** How the user is asked whether an edit may go in. */
export interface Reviewer {
  ask(preview: Preview, token: vscode.CancellationToken): Promise<Verdict>;
  forget(): void;
}

/** Starts, stops and asks the server. At most one is at work. */
export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly news = new vscode.EventEmitter<Status | undefined>();

  /** How the server stands, each time that it says so; `undefined` when there is none. */
  readonly onStatus = this.news.event;

  private readonly starts = new vscode.EventEmitter<Start>();
  private readonly parts = new vscode.EventEmitter<Partial>();
  private readonly changes = new vscode.EventEmitter<Change>();
  private readonly waits = new vscode.EventEmitter<Waiting>();

  /** A run began, by whatever way. */
  readonly onStart = this.starts.event;
  readonly onPartial = this.parts.event;
  readonly onWaiting = this.waits.event;
  /** An edit of the server went in. */
  readonly onChange = this.changes.event;

  constructor(
    readonly log: vscode.LogOutputChannel,
    private readonly find: () => Promise<string>,
    private readonly reviewer: Reviewer,
    private readonly keys: Keys,
  ) {}

  /** Start the server anew; the user is told if there is none. */
  restart(): Promise<void> {
    return this.next(async () => {
      await this.end();
      await this.begin();
    });
  }

  stop(): Promise<void> {
    return this.next(() => this.end());
  }

  /** These folders are trusted now. */
  async trusted(folders: readonly vscode.WorkspaceFolder[]): Promise<void> {
    if (this.client?.isRunning() === true) {
      const uris = folders.map((folder) => this.client?.code2ProtocolConverter.asUri(folder.uri));
      await this.client.sendNotification('moa/didChangeTrust', { trusted: true, folders: uris });
    } else {
      await this.restart(); // the server may be in the environment of a folder
    }
  }

  /**
   * Run a command of the server. What goes wrong is told to the user in one sentence, with what mends it.
   *
   * @param quiet nobody is told: the user asked for nothing.
   * @returns the answer, `undefined` when there is none.
   */
  async command<Name extends keyof Answers>(name: Name, argument: unknown = {}, quiet = false): Promise<Answers[Name] | undefined> {
    const client = this.client;
    if (client?.isRunning() !== true) {
      if (!quiet) {
        void vscode.window.showErrorMessage('Moa: the server does not run. Restart it, or look into the log.');
      }
      return undefined;
    }
    let answer: Answers[Name];
    try {
      answer = await client.sendRequest(ExecuteCommandRequest.type, { command: name, arguments: [argument] }) as Answers[Name];
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      this.log.warn(`${name}: ${sentence}`);
      if (!quiet) {
        void tell(sentence, remediesOf(error));
      }
      return undefined;
    }
    if ((name === 'moa.run' || name === 'moa.refine') && isRun(answer)) {
      this.starts.fire({ run: answer.run, by: name, request: argument as Start['request'] });
      await vscode.commands.executeCommand('setContext', 'moa.hasRun', true);
    }
    return answer;
  }

  /**
   * Ask a mix for the next turn of a conversation.
   *
   * @param asked as `moa/chat` takes it.
   * @param onText is given the answer's text as it is written.
   * @throws Error with one sentence: the server does not run, or there is no answer.
   */
  async chat(asked: object, onText: (text: string) => void, token: vscode.CancellationToken): Promise<ChatAnswer> {
    const client = this.client;
    if (client?.isRunning() !== true) {
      throw new Error('Moa: the server does not run. Restart it, or look into the log.');
    }
    const partialResultToken = `moa-chat-${randomUUID()}`;
    const listening = client.onProgress(CHAT_TEXT, partialResultToken, ({ text }) => {
      onText(text);
    });
    try {
      return await client.sendRequest<ChatAnswer>('moa/chat', { ...asked, partialResultToken }, token);
    } finally {
      listening.dispose();
    }
  }

  dispose(): void {
    vscode.Disposable.from(this.news, this.starts, this.parts, this.changes, this.waits).dispose();
  }

  /** One start or stop after the other. */
  private next(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async begin(): Promise<void> {
    let path: string;
    try {
      path = await this.find();
    } catch (error) {
      if (!(error instanceof NoServer)) {
        throw error;
      }
      this.log.error(error.message);
      void complain(error); // waits for the user
      return;
    }
    const client = this.connect(path, await this.keys.environment());
    this.client = client;
    client.onNotification('moa/status', (status: Status) => {
      this.news.fire(status);
    });
    client.onNotification('moa/partial', (partial: Partial) => {
      this.parts.fire(partial);
    });
    client.onNotification('moa/waiting', (waiting: Waiting) => {
      this.waits.fire(waiting);
    });
    client.onRequest('moa/preview', (preview: Preview, token: vscode.CancellationToken) => this.reviewer.ask(preview, token));
    client.registerFeature(EXTENSIONS);
    client.onDidChangeState(({ newState }) => {
      const running = newState === State.Running;
      void vscode.commands.executeCommand('setContext', 'moa.running', running);
      if (!running) {
        this.news.fire(undefined);
        this.reviewer.forget();
      }
    });
    try {
      await client.start();
    } catch (error) {
      // The client has told the user, with a way to the log.
      this.log.error(`the server did not start: ${String(error)}`);
      this.client = undefined;
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose();
  }

  private connect(path: string, keys: Readonly<Record<string, string>>): LanguageClient {
    const args = vscode.workspace.getConfiguration('moa').get<string[]>('server.args', ['serve']);
    // Not in the opened folder: nothing there shall be found by a relative path.
    const start: ServerOptions = { command: path, args, options: { cwd: homedir(), env: { ...process.env, ...keys } } };
    return new LanguageClient('moa', 'Moa', start, {
      documentSelector: DOCUMENTS,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      // A function: a server that is started again after a crash gets the trust of then.
      initializationOptions: () => ({ trusted: vscode.workspace.isTrusted }),
      middleware: {
        executeCommand: (name, args: unknown[]) => this.command(name as keyof Answers, args[0]),
        workspace: {
          // What only this extension reads; the server knows no such setting.
          configuration: async (params, token, next) => {
            const found = await next(params, token);
            return Array.isArray(found) ? found.map(withoutOurs) : found;
          },
          handleApplyEdit: async (params, next) => {
            const before = documentsOf(params).map((document) => ({ document, text: document.getText() }));
            const result = await next(params, NEVER);
            for (const { document, text } of before) {
              const after = document.getText();
              if (after !== text) {
                this.changes.fire({ uri: document.uri, before: text, after, version: document.version });
              }
            }
            return result;
          },
        },
        window: { showDocument },
      },
    });
  }
}

function withoutOurs(section: unknown): unknown {
  if (typeof section !== 'object' || section === null || !('offer' in section)) {
    return section;
  }
  return Object.fromEntries(Object.entries(section).filter(([name]) => name !== 'offer'));
}

/** What the server offers beside an error. */
function remediesOf(error: unknown): readonly Remedy[] {
  const { data } = error as { data?: { remedies?: readonly Remedy[] } };
  return data?.remedies ?? [];
}

function isRun(answer: unknown): answer is { run: string } {
  return typeof answer === 'object' && answer !== null && typeof (answer as { run?: unknown }).run === 'string';
}

/** The open documents that an edit is about. */
function documentsOf({ edit }: ApplyWorkspaceEditParams): vscode.TextDocument[] {
  const named = (edit.documentChanges ?? []).flatMap((each) => ('textDocument' in each ? [each.textDocument.uri] : []));
  const uris = new Set([...named, ...Object.keys(edit.changes ?? {})].map((uri) => vscode.Uri.parse(uri).toString()));
  return vscode.workspace.textDocuments.filter((document) => uris.has(document.uri.toString()));
}

/** Show an explanation as it is read, not as it is written; everything else as the client does. */
const showDocument: ShowDocumentRequest.MiddlewareSignature = async (params, token, next) => {
  const uri = vscode.Uri.parse(params.uri);
  if (params.external === true || !/\/explanation[^/]*\.md$/.test(uri.path)) {
    return next(params, token);
  }
  await vscode.commands.executeCommand('markdown.showPreviewToSide', uri);
  return { success: true };
};
