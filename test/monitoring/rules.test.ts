/** The rules: each alert fires when it should and not when it should not, and a Prometheus of its own says which do now. */
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {readFileSync} from 'node:fs';
import {once} from 'node:events';
import {join, resolve} from 'node:path';
import {expect, it} from 'vitest';
import {parse} from 'yaml';
import {watchAlerts} from '../../scripts/alert-watch.ts';
import {LONG_MS, until} from '../support/until.ts';
import {promtool} from './promtool.ts';

const MONITORING = resolve(import.meta.dirname, '../../monitoring');

const TESTS = ['tests/alerts.yml', 'tests/slow-alerts.yml'];
/** Beyond one case for each alert: several clusters of sm in one Prometheus. */
const CLUSTER_TESTS = ['tests/clusters.yml'];

interface RuleTest {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts: readonly unknown[];
  }[];
}

function yaml<T>(file: string): T {
  return parse(readFileSync(join(MONITORING, file), 'utf8')) as T;
}

it('promtool takes the rules, and each behaves as its tests say', () => {
  const files = ['alerts.yml', 'recording.yml'].map((file) => join(MONITORING, file));
  expect(promtool(['check', 'rules', ...files])).toMatchObject({code: 0});
  const tested = promtool([
    'test',
    'rules',
    ...[...TESTS, ...CLUSTER_TESTS].map((file) => join(MONITORING, file)),
  ]);
  expect(tested.output).toContain('SUCCESS');
  expect(tested.code).toBe(0);
});

it('each alert has a test in which it fires and one in which it does not', () => {
  const {groups} = yaml<{groups: {rules: {alert: string}[]}[]}>('alerts.yml');
  const cases = TESTS.flatMap((file) => yaml<{tests: RuleTest[]}>(file).tests).flatMap(
    ({alert_rule_test}) => alert_rule_test,
  );
  const named = (fires: boolean): string[] =>
    cases
      .filter(({exp_alerts}) => exp_alerts.length > 0 === fires)
      .map(({alertname}) => alertname)
      .sort();
  const alerts = groups.flatMap(({rules}) => rules.map(({alert}) => alert)).sort();
  expect(named(true)).toEqual(alerts);
  expect(named(false)).toEqual(alerts);
});

it('says which alerts fire on what is scraped now', async () => {
  let text = 'sm_store_restored 1\nsm_ready 1\n';
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  const watch = await watchAlerts([`http://127.0.0.1:${port}`]);
  const firing = async (): Promise<string> =>
    (await watch.alerts())
      .filter(({state}) => state === 'firing')
      .map(({code}) => code)
      .join();
  try {
    await until(async () => (await firing()) === 'STORE_RESTORED', LONG_MS, 'it fires');
    text = 'sm_store_restored 0\nsm_ready 1\n';
    await until(async () => (await firing()) === '', LONG_MS, 'it fires no more');
  } finally {
    await watch.close();
    server.close();
    server.closeAllConnections();
  }
});
