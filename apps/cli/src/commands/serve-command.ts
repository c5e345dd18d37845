import { Command, Option } from "commander";
import {
  collect,
  type GlobalOptions,
  positiveInteger,
  wholeNumber,
  withGlobalOptions,
  withRequired,
} from "../global-options.ts";

/** What `serve` was asked. */
export type ServeOptions = GlobalOptions & {
  readonly model: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly apiKeyFile?: string;
  readonly workers: number;
  readonly running: number;
  readonly queue: number;
  readonly perKey: number;
  readonly trustedProxy: readonly string[];
  readonly corsOrigin: readonly string[];
  readonly hostName: readonly string[];
  readonly imageHost: readonly string[];
  readonly shareModel: boolean;
  readonly modelHost: readonly string[];
  readonly publicUrl?: string;
  readonly imageMemory: number;
  readonly drain: number;
};

/** What `api-key` was asked. */
export type ApiKeyOptions = { readonly apiKeyFile: string };

/** `interfuse serve` */
export function serveCommand(): Command {
  const command = withGlobalOptions(
    new Command("serve").description("serve models to OpenAI's clients, the AI SDK and curl"),
  );
  const whole = (flags: string, description: string, least: 0 | 1) =>
    new Option(flags, description).argParser(least === 0 ? wholeNumber : positiveInteger);
  const list = (flags: string, description: string) =>
    new Option(flags, description).argParser(collect).default([], "none");
  return command
    .addOption(list("--model <dir>", "a model's folder, or NAME=FOLDER; several are served by name"))
    .option("--host <address>", "address to listen on; 0.0.0.0 is every one", "127.0.0.1")
    .addOption(whole("--port <n>", "port to listen on; 0 takes a free one", 0).default(8000))
    .option("--api-key-file <file>", 'who may ask, as "interfuse api-key" writes it; without it everyone may')
    .addOption(whole("--workers <n>", "threads with a copy of each model", 1).default(1))
    .addOption(whole("--running <n>", "answers that a worker makes at a time", 1).default(16))
    .addOption(whole("--queue <n>", "answers that may wait for each model", 0).default(64))
    .addOption(whole("--per-key <n>", "answers that one key, or address, may have under way", 1).default(32))
    .addOption(list("--trusted-proxy <address>", "a proxy, or 10.0.0.0/8, whose X-Forwarded-For tells who asks"))
    .addOption(list("--cors-origin <url>", "a web page's origin that may ask from a browser"))
    .addOption(list("--host-name <name>", "a name by which the server is reached"))
    .addOption(list("--image-host <name>", "a host from which pictures may be fetched"))
    .option("--share-model", "let the page read the models' files, to run them in the browser", false)
    .addOption(list("--model-host <name>", "another host from which the page may read models"))
    .option("--public-url <url>", "how clients reach the server, for the addresses of images")
    .addOption(whole("--image-memory <mib>", "made images that are kept, for their addresses", 0).default(256))
    .addOption(whole("--drain <seconds>", "time for open answers when it is stopped", 0).default(30))
    .action(async (options: ServeOptions) => (await import("../actions/serve.ts")).serve(options));
}

/** `interfuse api-key` */
export function apiKeyCommand(): Command {
  const command = new Command("api-key").description('make a key for "interfuse serve"; it is shown this once');
  return withRequired(command, "--api-key-file <file>", "the file to add it to")
    .argument("<name>", "whose key it is")
    .action(async (name: string, options: ApiKeyOptions) =>
      (await import("../actions/api-key.ts")).apiKey(name, options),
    );
}
