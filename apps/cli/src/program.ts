/** The command tree. It imports no command's work: that is loaded when the command runs. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { chatCommand } from "./commands/chat-command.ts";
import { dataCommand } from "./commands/data-command.ts";
import { askCommand, captionCommand } from "./commands/describe-commands.ts";
import { doctorCommand } from "./commands/doctor-command.ts";
import { editCommand, generateCommand } from "./commands/draw-commands.ts";
import { evaluateCommand } from "./commands/evaluate-command.ts";
import { apiKeyCommand, serveCommand } from "./commands/serve-command.ts";
import { tokenizeCommand } from "./commands/tokenize-command.ts";
import { trainCommand } from "./commands/train-command.ts";

/** The whole command line, ready to parse; errors are thrown, never exits. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const program = new Command("interfuse")
    .description("Train and run one transformer over text and images.")
    .version(version)
    .showHelpAfterError('(add "--help" for the options)');
  const commands = [
    doctorCommand(),
    dataCommand(),
    trainCommand(),
    tokenizeCommand(),
    generateCommand(),
    captionCommand(),
    askCommand(),
    editCommand(),
    evaluateCommand(),
    chatCommand(),
    serveCommand(),
    apiKeyCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  throwInsteadOfExiting(program);
  return program;
}

function throwInsteadOfExiting(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExiting(child);
}
