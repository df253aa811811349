/** A machine for the push containers of an app that exists. */
import {AppView} from '../../../src/appstate/app-view.ts';
import type {ProxyAction} from '../../../src/server/push/proxy-action.ts';
import {ProxyMachine} from '../../../src/server/push/proxy-machine.ts';

export function proxyBed(): {view: AppView; machine: ProxyMachine} {
  const view = new AppView();
  const value = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
  view.apply({kind: 'spec', mod: 1, entry: {value, mod: 1, create: 1}});
  return {view, machine: new ProxyMachine(view, 0)};
}

/** All that there is, nothing, has been listed. */
export function listNothing(machine: ProxyMachine): void {
  machine.governorHasListed();
  machine.listed([], 0, 0);
}

/** Turns until all that has come is looked at. */
export function lookAtAll(machine: ProxyMachine): ProxyAction[] {
  const actions: ProxyAction[] = [];
  do actions.push(...machine.advance(0));
  while (machine.wakeAtMs() <= 0);
  return actions;
}
