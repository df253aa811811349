/** The connection behind a live view, as shown to whoever watches it. */
export type LinkEvent<Message> =
  | {readonly type: 'message'; readonly message: Message}
  /** The connection is lost or could not be made; tried again after `waitMs`. */
  | {
      readonly type: 'lost';
      readonly reason: string;
      /** Number of the next attempt since the last message, from 1. */
      readonly retry: number;
      readonly waitMs: number;
    }
  /** An attempt begins. */
  | {readonly type: 'trying'; readonly retry: number};
