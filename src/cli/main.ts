#!/usr/bin/env node
import { CommanderError } from 'commander';
import { RootError } from '../host/root-error.ts';
import { RequestError } from '../query/request-error.ts';
import { EXIT } from './exit-codes.ts';
import { processOutput } from './output.ts';
import { buildProgram } from './program.ts';
import { UsageError } from './usage-error.ts';

/** Errors that are the input's or the asker's: their message is the one line that is shown. */
const EXPECTED: readonly (abstract new (...args: never[]) => Error)[] = [UsageError, RequestError, RootError];

function isExpected(error: unknown): error is Error {
  // The server's error class is not imported: it would bring the whole server along.
  return (
    EXPECTED.some((kind) => error instanceof kind) || (error instanceof Error && error.name === 'ListenError')
  );
}

function complain(message: string): void {
  process.stderr.write(`irqspace: ${message}\n`);
  process.exitCode = EXIT.usage;
}

async function main(): Promise<void> {
  // `irqspace report | head` closes the pipe early; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
  const program = buildProgram(processOutput(), (code) => {
    process.exitCode = code;
  });
  const first = process.argv[2];
  if (first !== undefined && !first.startsWith('-') && !program.commands.some((c) => c.name() === first)) {
    return complain(`unknown command "${first}"; irqspace --help lists them`);
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride();
    // Commander would print its own form; the message is printed below.
    command.configureOutput({ outputError: () => undefined });
  }
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0) complain(error.message.replace(/^error: /, '').split('\n')[0] ?? '');
      return;
    }
    if (!isExpected(error)) throw error;
    complain(error.message);
  }
}

await main();
