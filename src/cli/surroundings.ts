/** What a command expects of where it runs, made good where it lacks: a home folder, a shell's name, and signals that end the first process of a container. */
import {homedir, userInfo} from 'node:os';

/** As shells have it: 128 and the number of the signal. */
export const EXIT_OF_SIGNAL = {SIGTERM: 143, SIGINT: 130, SIGHUP: 129} as const;
/** Holds no files; child processes get it, too. */
const NO_HOME = '/nonexistent';

/** A user without an entry in the list of users has none: what looks for files there finds none, instead of failing. */
export function ensureHome(): void {
  try {
    homedir();
  } catch {
    process.env['HOME'] = NO_HOME;
  }
}

/** oclif looks the shell up in the list of users, and fails where this user is not in it (as in a container under a random user id). */
export function ensureShell(): void {
  if (process.env['SHELL'] !== undefined) return;
  try {
    userInfo();
  } catch {
    process.env['SHELL'] = 'unknown';
  }
}

/** The kernel keeps signals from the first process of a container that does not listen for them. Whoever listens besides decides. */
export function endBySignals(pid = process.pid): void {
  if (pid !== 1) return;
  for (const [signal, exit] of Object.entries(EXIT_OF_SIGNAL)) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(exit);
    });
  }
}
