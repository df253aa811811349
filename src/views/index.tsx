/** Opens a live view: state, keys and frames. Where frames are painted, what time it is and when to draw is the host's. */
import {EventEmitter} from 'node:events';
import {render} from 'ink';
import type {LinkEvent} from '../model/live-link.ts';
import type {LiveMessage, LiveView} from '../protocol/admin-live.ts';
import {LiveScreen} from './screen.tsx';
import {reduce} from './view-reducer.ts';
import type {Action} from './view-reducer.ts';
import {specOf} from './view-spec.ts';
import {queryOf, startOf} from './view-state.ts';
import type {Size, ViewLabels} from './view-state.ts';

export interface ViewHost {
  readonly stdin: NodeJS.ReadStream;
  readonly size: () => Size;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** A whole frame, lines separated by line feeds. */
  readonly paint: (frame: string) => void;
  /** Something has changed: a call of `draw` would show it. */
  readonly onChange: () => void;
  /** What the daemon is asked for has changed. */
  readonly onQuery: (query: {readonly filter: string; readonly sort: string}) => void;
  readonly onEnd: (how: 'quit' | 'interrupt') => void;
  /** The process is to be stopped until it is called back. */
  readonly onSuspend: () => void;
}

export interface OpenedView {
  take(event: LinkEvent<LiveMessage>): void;
  resized(): void;
  /** Paints a frame of now. */
  draw(): void;
  close(): void;
}

export interface ViewStart {
  readonly view: LiveView;
  readonly labels: ViewLabels;
  readonly filter: string;
  /** What has been heard already: the first frame shows it. */
  readonly heard: readonly LinkEvent<LiveMessage>[];
}

export function openView({view, labels, filter, heard}: ViewStart, host: ViewHost): OpenedView {
  const nowMs = host.nowMs();
  const start = startOf(specOf(view), labels, {size: host.size(), nowMs, filter});
  let state = heard.reduce((before, event) => reduce(before, {type: 'link', event, nowMs}), start);
  const act = (action: Action): void => {
    const before = state;
    state = reduce(state, action);
    const query = queryOf(state);
    if (query !== undefined && JSON.stringify(query) !== JSON.stringify(queryOf(before)))
      host.onQuery(query);
    if (state.ended !== undefined && before.ended === undefined) host.onEnd(state.ended);
    host.onChange();
  };
  const element = () => (
    <LiveScreen
      state={state}
      onKey={(key) => {
        if (key.name === 'suspend') host.onSuspend();
        else act({type: 'key', key, nowMs: host.nowMs()});
      }}
      listens={host.stdin.isTTY}
    />
  );
  const sink = new FrameSink(host);
  const stdout = sink as unknown as NodeJS.WriteStream;
  // Debugging means whole frames, one write each: the painter finds out itself which lines are new.
  const ink = render(element(), {
    stdout,
    stdin: host.stdin,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  return {
    take: (event) => act({type: 'link', event, nowMs: host.nowMs()}),
    resized: () => act({type: 'resize', size: host.size(), nowMs: host.nowMs()}),
    draw: () => {
      state = reduce(state, {type: 'tick', nowMs: host.nowMs()});
      ink.rerender(element());
    },
    close: () => {
      sink.closed = true;
      ink.unmount();
    },
  };
}

/** What ink takes for the terminal. */
class FrameSink extends EventEmitter {
  readonly isTTY = true;
  closed = false;
  private readonly host: ViewHost;

  constructor(host: ViewHost) {
    super();
    this.host = host;
  }

  get columns(): number {
    return this.host.size().columns;
  }

  get rows(): number {
    return this.host.size().rows;
  }

  write(frame: string): boolean {
    if (!this.closed) this.host.paint(frame);
    return true;
  }
}
