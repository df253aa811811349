/** All targets, in the order in which they run. */
import {cliProcessTarget} from './cli-process-target.ts';
import {cliTarget} from './cli-target.ts';
import {configTarget} from './config-target.ts';
import {httpTarget, receiverTarget} from './http-targets.ts';
import {storeDecodeTarget} from './store-decode-target.ts';
import {storeTarget} from './store-target.ts';
import type {TargetFactory} from './target.ts';
import {valuesDaemonTarget} from './values-daemon-target.ts';
import {valuesTarget} from './values-target.ts';

export const TARGETS: readonly TargetFactory[] = [
  valuesTarget,
  configTarget,
  storeDecodeTarget,
  cliTarget,
  httpTarget,
  receiverTarget,
  storeTarget,
  valuesDaemonTarget,
  cliProcessTarget,
];
