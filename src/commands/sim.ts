import {Flags} from '@oclif/core';
import {SmCommand, parseDuration} from '../cli/base-command.ts';
import {Progress} from '../cli/progress.ts';
import type {SimulationRequest} from '../cli/simulating.ts';
import {syntheticFlag} from '../cli/synthetic-flag.ts';
import type {SyntheticName} from '../simulator/synthetic-kinds.ts';

export default class Sim extends SmCommand<typeof Sim> {
  static override summary =
    'Placement simulation: say what a policy would do, over a recorded or made-up trace.';
  static override description = [
    'The planner and the governor that run live, with simulated containers, offline: it asks no daemon and changes nothing. docs/placement.md says what the figures mean, what a trace may hold, and shows policies for five kinds of services.',
    'It is about where shards go and when they move; it does not search the ownership protocol for faults.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> sim -f apps.yml --trace orders.jsonl',
    '<%= config.bin %> sim -f new.yml --compare old.yml --trace orders.jsonl --svg orders.svg',
    '<%= config.bin %> sim -f apps.yml --synthetic cache --compare defaults',
    '<%= config.bin %> sim --synthetic jobs --write-trace jobs.jsonl -o json',
  ];
  static override flags = {
    app: Flags.string({char: 'a', description: 'app of the file, where it names several'}),
    file: Flags.string({
      char: 'f',
      description:
        'file, folder or stdin (-) that declares the app; default: an app with every default',
      multiple: true,
    }),
    compare: Flags.string({
      description:
        'also with the policy of this file; defaults: with none. Shards stay those of -f',
    }),
    trace: Flags.string({description: 'trace to play, as sm record writes it; - for stdin'}),
    synthetic: syntheticFlag,
    seed: Flags.integer({description: 'of chance in a synthetic trace', default: 1, min: 0}),
    containers: Flags.integer({
      description: 'containers of a synthetic trace; default: what its kind has',
      min: 1,
      max: 1_000,
      dependsOn: ['synthetic'],
    }),
    add: Flags.string({description: "how long a shard's add takes", default: '500ms'}),
    drop: Flags.string({description: "how long a shard's drop takes", default: '200ms'}),
    from: Flags.string({
      description:
        'figures from this time of the trace on; default: from when every shard was served',
    }),
    svg: Flags.string({description: 'file to write the curves to'}),
    'write-trace': Flags.string({description: 'file to write the trace to'}),
  };

  override async run(): Promise<void> {
    const {svg, 'write-trace': traceFile} = this.flags;
    const {simulate} = await import('../cli/simulating.ts');
    const {trace, runs, unseen} = await this.withProgress(simulate);
    const {simulationLines} = await import('../cli/simulation-lines.ts');
    const {writeFile} = await import('../cli/text-output.ts');
    if (traceFile !== undefined) {
      const {traceText} = await import('../simulator/trace.ts');
      writeFile(traceFile, traceText(trace));
    }
    if (svg !== undefined) {
      const {pictureOf} = await import('../simulator/picture.ts');
      writeFile(svg, pictureOf(`${trace.app}: ${trace.source || 'placement simulation'}`, runs));
    }
    for (const metric of unseen) this.say(`the trace has no load of ${metric}: it counts as 0`);
    const {app, source, durationMs, events} = trace;
    await this.showObject({
      kind: 'Simulation',
      fields: {
        trace: {app, source, durationMs, events: events.length},
        runs: runs.map(({name, result}) => ({policy: name, ...result})),
      },
      name: app,
      lines: simulationLines(trace, runs),
    });
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
