/** The door of `sm dev`. */
export {DEMO_APP, DevBed} from './bed.ts';
export type {DevOptions, WantedPort} from './bed.ts';
export {Chaos} from './chaos.ts';
export type {DevEvent, Tell} from './events.ts';
export {Lines, programName} from './lines.ts';
export type {Verdict} from './verdict.ts';
