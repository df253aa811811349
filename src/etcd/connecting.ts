/** Waits for a connection to be opened, without a call. */
import {connectivityState} from '@grpc/grpc-js';
import type {ChannelInterface} from '@grpc/grpc-js';

export type Channel = Pick<ChannelInterface, 'getConnectivityState' | 'watchConnectivityState'>;

/** Opens the connection. False when it is still being opened after so long; true when that has ended, one way or the other, or the client is closed. */
export async function hasConnected(channelOf: () => Channel, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  try {
    const channel = channelOf();
    let state = channel.getConnectivityState(true);
    while (state === connectivityState.IDLE || state === connectivityState.CONNECTING) {
      if (!(await hasChanged(channel, state, deadline))) return false;
      state = channel.getConnectivityState(true);
    }
  } catch {
    // The package says so of a client that is closed; the call will, too.
  }
  return true;
}

function hasChanged(channel: Channel, from: connectivityState, deadline: number): Promise<boolean> {
  return new Promise((resolve) =>
    channel.watchConnectivityState(from, deadline, (late) => resolve(late === undefined)),
  );
}
