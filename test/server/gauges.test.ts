import {Registry} from 'prom-client';
import {expect, it} from 'vitest';
import {registerGauges} from '../../src/server/gauges.ts';

it('tells what a daemon governs and how often a governor broke, as of the moment of asking', async () => {
  const registry = new Registry();
  let breaks = {now: 0, ever: 0};
  registerGauges(registry, {governors: () => 2, leads: () => true, breaks: () => breaks});
  expect(await registry.metrics()).toContain('sm_governor_breaks_total 0');
  breaks = {now: 1, ever: 3};
  const text = await registry.metrics();
  for (const line of ['sm_governed_apps 2', 'sm_leader 1', 'sm_broken_governors 1'])
    expect(text).toContain(`\n${line}\n`);
  expect(text).toContain('\nsm_governor_breaks_total 3\n');
});
