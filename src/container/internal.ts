/** What the daemon needs of the SDK: it is a container of sm's own service and drives a session of its own. */
export {SessionDriver} from './session-driver.ts';
export type {DriverEnd} from './session-driver-options.ts';
export {untilIdleAndFenced} from './fenced-leave.ts';
