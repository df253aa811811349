/** What `sm dev` and `sm canary` are made of. */
export {DevBed, endedBeforeUp} from './bed.ts';
export type {DevOptions} from './bed.ts';
export {Canary, nothingMeasured} from './canary.ts';
export type {Measured} from './canary.ts';
export {CanaryLines} from './canary-lines.ts';
export type {CanaryEvent} from './canary-lines.ts';
export {Chaos} from './chaos.ts';
export type {ChaosAction, DevEvent, Emit} from './events.ts';
export {Lines, programName} from './lines.ts';
export type {WantedPort} from './ports.ts';
export type {Verdict} from './verdict.ts';
