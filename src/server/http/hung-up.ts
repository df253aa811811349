/** When a caller is gone. */
import type {ServerResponse} from 'node:http';

/** Calls back once the answer has been sent or the caller has hung up; at once where it has, for no event is to come then: tokens and bodies are checked meanwhile. */
export function onceGone(raw: ServerResponse, gone: () => void): void {
  if (raw.destroyed) gone();
  else raw.once('close', gone);
}
