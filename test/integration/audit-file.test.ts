/** `audit.file` of a real daemon: its lines do not hang on the level of the log, and a log rotation may rename it. */
import {existsSync, readFileSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {LONG_MS} from '../support/cluster.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {ownFolder} from '../support/own-folder.ts';
import {until} from '../support/until.ts';

const folder = ownFolder('audit');

const servicesIn = (file: string): string[] =>
  (existsSync(file) ? readFileSync(file, 'utf8') : '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as {service: string}).service);

it('has a line for each entry at log.level warn, also after a rotation and SIGHUP, and when it ends', async () => {
  const [port = 0, storePort = 0] = await freePorts(2);
  const [file, old] = [join(folder, 'audit.jsonl'), join(folder, 'audit.1')];
  const settings = [
    ...['service: sm.audit', `port: ${port}`, 'etcdPrefix: /sm-audit', 'log: {level: warn}'],
    ...[`dataDir: ${join(folder, 'data')}`, `embedded: {port: ${storePort}}`],
    ...[`audit: {file: ${file}}`, ''],
  ];
  const daemon = new DaemonProcess(settings.join('\n'), '--embedded');
  const admin = new AdminClient({server: `http://127.0.0.1:${port}`});
  const add = (service: string) =>
    admin.call('addSpec', {service, maxShardCount: 0, maxRecoveryTime: 0});
  const has = (at: string, services: readonly string[]) =>
    until(
      () => servicesIn(at).join() === services.join(),
      LONG_MS,
      () => `${services.join()} in ${at}: ${servicesIn(at).join()} ${daemon.output}`,
    );
  try {
    await until(
      () =>
        add('first').then(
          () => true,
          () => false,
        ),
      LONG_MS,
      () => `an app: ${daemon.output}`,
    );
    await has(file, ['first']);
    renameSync(file, old);
    daemon.signal('SIGHUP');
    await until(
      () => existsSync(file),
      LONG_MS,
      () => `a new file: ${daemon.output}`,
    );
    await add('second');
    await has(file, ['second']);
    await add('third');
    daemon.signal('SIGTERM');
    expect(await daemon.exited()).toBe(0);
    expect(servicesIn(file)).toEqual(['second', 'third']);
    expect(servicesIn(old)).toEqual(['first']);
    expect(daemon.lines.filter(({msg}) => msg === 'audit')).toEqual([]);
  } finally {
    admin.close();
    await daemon.end();
  }
});
