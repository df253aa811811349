import {Flags} from '@oclif/core';
import {SmCommand, parseDuration} from '../cli/base-command.ts';
import {overwriteFlag} from '../cli/overwrite-flag.ts';
import {Progress} from '../cli/progress.ts';
import type {Simulated, SimulationRequest} from '../cli/simulating.ts';
import {syntheticFlag} from '../cli/synthetic-flag.ts';
import {OWNER_ONLY, refuseExisting, writeFile} from '../cli/text-output.ts';
import type {SyntheticName} from '../simulator/synthetic-kinds.ts';
import {SIMULATED_CONTAINERS_LIMIT} from '../cli/limits.ts';

type Titled = Pick<Simulated, 'app' | 'trace' | 'runs'>;

export default class Sim extends SmCommand<typeof Sim> {
  static override summary =
    'Placement simulation: show what a policy would do with a recorded or synthetic trace.';
  static override description = [
    'Runs the live planner and governor with simulated containers, offline: it asks no daemon and changes nothing. docs/placement.md explains the figures and the trace format, and shows policies for five kinds of services.',
    'It shows where shards go and when they move; it does not test the ownership protocol.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> sim -f apps.yml --trace orders.jsonl',
    '<%= config.bin %> sim -f new.yml --compare old.yml --trace orders.jsonl --svg orders.svg',
    '<%= config.bin %> sim -f apps.yml --synthetic cache --compare defaults',
    '<%= config.bin %> sim --synthetic jobs --write-trace jobs.jsonl -o json',
  ];
  static override flags = {
    app: Flags.string({char: 'a', description: 'app to simulate, if the file declares several'}),
    file: Flags.string({
      char: 'f',
      description:
        'file, folder or stdin (-) that declares the app; default: an app with every default',
      multiple: true,
    }),
    compare: Flags.string({
      description:
        'also simulate with the policy of this file, and the shards of -f; the value defaults: with no policy',
    }),
    trace: Flags.string({description: 'trace to replay, as written by sm record; - for stdin'}),
    synthetic: syntheticFlag,
    seed: Flags.integer({description: 'random seed of a synthetic trace', default: 1, min: 0}),
    containers: Flags.integer({
      description: 'number of containers of a synthetic trace; default: depends on its kind',
      min: 1,
      max: SIMULATED_CONTAINERS_LIMIT,
      dependsOn: ['synthetic'],
    }),
    add: Flags.string({description: "how long a shard's add takes", default: '500ms'}),
    drop: Flags.string({description: "how long a shard's drop takes", default: '200ms'}),
    from: Flags.string({
      description:
        'measure from this time of the trace on; default: from when every shard was first served',
    }),
    svg: Flags.string({description: 'file to write the curves to'}),
    'write-trace': Flags.string({description: 'file to write the trace to'}),
    overwrite: overwriteFlag,
  };

  override async run(): Promise<void> {
    const {simulate} = await import('../cli/simulating.ts');
    this.refuseExistingFiles();
    const {app, trace, runs, unseen} = await this.withProgress(simulate);
    const {simulationLines} = await import('../cli/simulation-lines.ts');
    await this.writeFiles({app, trace, runs});
    for (const metric of unseen) this.say(`the trace has no load of ${metric}: it counts as 0`);
    const {source, durationMs, events} = trace;
    await this.showObject({
      kind: 'Simulation',
      fields: {
        app,
        trace: {app: trace.app, source, durationMs, events: events.length},
        runs: runs.map(({name, result}) => ({policy: name, ...result})),
      },
      name: app,
      lines: simulationLines({app, trace, runs}, this.request().times.fromMs),
    });
  }

  private refuseExistingFiles(): void {
    const {svg, 'write-trace': traceFile, overwrite} = this.flags;
    for (const path of [svg, traceFile]) if (path !== undefined) refuseExisting(path, overwrite);
  }

  private async writeFiles({app, trace, runs}: Titled): Promise<void> {
    const {svg, 'write-trace': traceFile, overwrite} = this.flags;
    if (traceFile !== undefined) {
      const {traceText} = await import('../simulator/trace.ts');
      writeFile(traceFile, traceText(trace), {overwrite, mode: OWNER_ONLY});
    }
    if (svg === undefined) return;
    const {pictureOf} = await import('../simulator/picture.ts');
    const title = `${app}: ${trace.source || 'placement simulation'}`;
    writeFile(svg, pictureOf(title, runs), {overwrite});
  }

  private async withProgress<T>(work: (request: SimulationRequest) => Promise<T>): Promise<T> {
    const progress = new Progress();
    const isSeen = process.stderr.isTTY;
    try {
      return await work({
        ...this.request(),
        onProgress: (done, total) => {
          if (isSeen) progress.update({text: 'simulated', done, total});
        },
      });
    } finally {
      progress.stop();
    }
  }

  private request(): Omit<SimulationRequest, 'onProgress'> {
    const {app, file = [], compare, trace, synthetic, seed, containers, from} = this.flags;
    const times = {addMs: parseDuration(this.flags.add), dropMs: parseDuration(this.flags.drop)};
    return {
      ...{app, files: file, compare},
      times: {...times, fromMs: from === undefined ? undefined : parseDuration(from)},
      trace:
        trace === undefined ? {kind: synthetic as SyntheticName, seed, containers} : {file: trace},
    };
  }
}
