/** Streams that are open: so many at all, and so many of one token. */
import {SmError} from '../../model/errors.ts';
import {OpenCounts} from '../../runtime/open-counts.ts';
import {STREAMS_LIMIT, STREAMS_OF_ONE} from './limits.ts';

export class OpenStreams {
  private readonly withTokens: boolean;
  private readonly open = new OpenCounts();

  /** Without tokens callers cannot be distinguished. */
  constructor(withTokens: boolean) {
    this.withTokens = withTokens;
  }

  /** A stream is open until what this returns is called, once. @throws SmError SERVER_UNAVAILABLE, RATE_LIMITED. */
  begin(token: string): () => void {
    if (this.open.all >= STREAMS_LIMIT)
      throw new SmError('SERVER_UNAVAILABLE', 'too many open streams', {
        hint: 'end some of them, or ask another daemon',
        retryable: true,
      });
    const own = this.open.of(token);
    if (this.withTokens && own >= STREAMS_OF_ONE)
      throw new SmError('RATE_LIMITED', `this token has ${own} open streams`, {
        hint: 'end some of them: live views, sm events -w, sm moves watch; or use another token, or another daemon',
        retryable: true,
      });
    return this.open.begin(token);
  }
}
