/** Ready mixes as language models of VS Code, where its API has them: Copilot Chat and other extensions can pick one. */
import * as vscode from 'vscode';
import { asMessage, asModels, callInput, type ChatMessage, type ChatModel, type RequestMessage, tokens, toolChoice } from './chatShapes';
import type { Server } from './server';
import type { ChatAnswer } from './wire';

/** As `contributes.languageModelChatProviders` of package.json has it. */
const VENDOR = 'moa-lsp';

interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema?: object;
}

interface Options {
  readonly tools?: readonly Tool[];
  readonly toolMode?: number;
}

/** `vscode.LanguageModelChatProvider` of VS Code 1.104, newer than the types that this extension is built with. */
interface Provider {
  readonly onDidChangeLanguageModelChatInformation: vscode.Event<void>;
  provideLanguageModelChatInformation(options: unknown, token: vscode.CancellationToken): Promise<ChatModel[]>;
  provideLanguageModelChatResponse(
    model: ChatModel,
    messages: readonly RequestMessage[],
    options: Options,
    progress: vscode.Progress<unknown>,
    token: vscode.CancellationToken,
  ): Promise<void>;
  provideTokenCount(model: ChatModel, text: string | RequestMessage): Promise<number>;
}

/** What newer versions have of `vscode`. */
interface Newer {
  readonly lm?: { registerLanguageModelChatProvider?(vendor: string, provider: Provider): vscode.Disposable };
  readonly LanguageModelTextPart?: new (value: string) => object;
  readonly LanguageModelToolCallPart?: new (id: string, name: string, input: object) => object;
}

/** Offer the mixes that are ready, until disposed; nothing where VS Code is too old. */
export function registerChatModels(server: Server): vscode.Disposable {
  const { lm, LanguageModelTextPart: Text, LanguageModelToolCallPart: Call } = vscode as Newer;
  if (lm?.registerLanguageModelChatProvider === undefined || Text === undefined || Call === undefined) {
    return new vscode.Disposable(() => undefined);
  }
  const changed = new vscode.EventEmitter<void>();
  // Which mixes are ready may change with the configuration, and whenever the server starts or ends.
  const stop = server.onStatus((status) => {
    if (status?.state !== 'busy') {
      changed.fire();
    }
  });
  const provider: Provider = {
    onDidChangeLanguageModelChatInformation: changed.event,
    async provideLanguageModelChatInformation() {
      return asModels((await server.command('moa.mixes', { for: 'actions' }, true)) ?? []);
    },
    async provideLanguageModelChatResponse(model, messages, options, progress, token) {
      const asked = { mix: model.id, messages: messages.flatMap<ChatMessage>(asMessage), ...asTools(options) };
      const answer: ChatAnswer = await server.chat(asked, (text) => {
        progress.report(new Text(text));
      }, token);
      for (const call of answer.tool_calls) {
        progress.report(new Call(call.id, call.name, callInput(call)));
      }
    },
    provideTokenCount: (_model, text) => Promise.resolve(tokens(typeof text === 'string' ? text : JSON.stringify(asMessage(text)))),
  };
  return vscode.Disposable.from(changed, stop, lm.registerLanguageModelChatProvider(VENDOR, provider));
}

/** Tools in the shape of Chat Completions. */
function asTools({ tools, toolMode }: Options): object {
  if (tools === undefined || tools.length === 0) {
    return {};
  }
  const functions = tools.map(({ name, description, inputSchema }) => ({
    type: 'function',
    function: { name, description, parameters: inputSchema ?? { type: 'object', properties: {} } },
  }));
  return { tools: functions, tool_choice: toolChoice(toolMode) };
}
