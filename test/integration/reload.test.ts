/** SIGHUP to a real daemon: what can change changes, the rest is refused by name, and it never ends. */
import {readFileSync, writeFileSync} from 'node:fs';
import {request} from 'node:https';
import {join} from 'node:path';
import type {TLSSocket} from 'node:tls';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {LONG_MS} from '../support/cluster.ts';
import {Authority} from '../support/certificates.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {daemonLogin, loginLines} from '../support/least-rights.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {ownFolder} from '../support/own-folder.ts';
import {until} from '../support/until.ts';

const folder = ownFolder('reload');
const authority = new Authority();
let etcd: EtcdProcess;
beforeAll(async () => (etcd = await startEtcd()));
afterAll(async () => {
  await etcd.stop();
  authority.remove();
});

/** What one call meets: the answer's status, and who the certificate is for. */
function call(
  port: number,
  token: string,
  path = '/sm/server/status',
): Promise<{status: number; subject: string}> {
  return new Promise((resolve, reject) => {
    const options = {host: '127.0.0.1', port, path, agent: false as const};
    const headers = {authorization: `Bearer ${token}`};
    const asked = request({...options, headers, rejectUnauthorized: false}, (reply) => {
      const subject = (reply.socket as TLSSocket).getPeerCertificate().subject.CN;
      reply.resume();
      resolve({status: reply.statusCode ?? 0, subject: String(subject)});
    });
    asked.once('error', reject);
    asked.end();
  });
}

it('takes over level, tokens and certificates, refuses what takes a restart and what is broken', async () => {
  const [port = 0] = await freePorts(1);
  const files = {cert: join(folder, 'cert'), key: join(folder, 'key'), tokens: join(folder, 't')};
  const issued = ['first', 'second'].map((name) => authority.issue(name, 'IP:127.0.0.1'));
  const certify = (at: number): void => {
    for (const file of ['cert', 'key'] as const)
      writeFileSync(files[file], readFileSync(issued[at]?.[file] ?? ''), {mode: 0o600});
  };
  const [old, young] = ['o'.repeat(43), 'y'.repeat(43)] as const;
  writeFileSync(files.tokens, `${old}\n`, {mode: 0o600});
  certify(0);
  const login = loginLines(await daemonLogin(etcd, '/sm-reload', 'sm.test'));
  const text = (more: string): string =>
    [
      ...['service: sm.test', `port: ${port}`, `endpoints: [${etcd.endpoint}]`],
      ...['etcdPrefix: /sm-reload', `auth: {tokenFile: ${files.tokens}}`],
      ...[`tls: {cert: ${files.cert}, key: ${files.key}}`, more, ...login, ''],
    ].join('\n');
  const daemon = new DaemonProcess(text('log: {level: info}'));
  const said = (wanted: string) => daemon.lines.filter(({msg}) => String(msg).includes(wanted));
  const hangUp = async (wanted: string): Promise<Record<string, unknown>> => {
    const before = said(wanted).length;
    daemon.signal('SIGHUP');
    await until(
      () => said(wanted).length > before,
      LONG_MS,
      () => `${wanted}: ${daemon.output}`,
    );
    return said(wanted).at(-1) ?? {};
  };
  try {
    await until(
      () => said('ready').length > 0,
      LONG_MS,
      () => `ready: ${daemon.output}`,
    );
    expect(await call(port, old)).toEqual({status: 200, subject: 'first'});

    writeFileSync(files.tokens, `${young}\n`);
    certify(1);
    await hangUp('configuration read again');
    expect(await call(port, old)).toEqual({status: 401, subject: 'second'});
    expect(await call(port, young)).toEqual({status: 200, subject: 'second'});

    // Files that change are read again without a signal, too.
    writeFileSync(files.tokens, `${old}\n`);
    certify(0);
    // A probe needs no login: those that fail are limited.
    await until(
      async () => (await call(port, old, '/livez')).subject === 'first',
      LONG_MS,
      () => `all files are read: ${daemon.output}`,
    );
    expect(await call(port, old)).toEqual({status: 200, subject: 'first'});
    expect(await call(port, young)).toEqual({status: 401, subject: 'first'});
    writeFileSync(files.tokens, `${young}\n`);
    certify(1);
    await hangUp('configuration read again');
    expect(await call(port, young)).toEqual({status: 200, subject: 'second'});

    writeFileSync(files.tokens, '');
    writeFileSync(files.cert, 'no certificate');
    await hangUp('tokens and certificates are refused');
    expect(await call(port, young)).toEqual({status: 200, subject: 'second'});
    writeFileSync(files.tokens, `${young}\n`);
    certify(1);

    daemon.rewrite(text('log: {level: warn}\nshutdownTimeoutMs: 9000\nheartbeat: {ttlMs: 4000}'));
    const refused = await hangUp('need a restart');
    expect(refused['settings']).toEqual(['heartbeat.ttlMs', 'shutdownTimeoutMs']);

    daemon.rewrite(text('prot: 1'));
    const broken = await hangUp('the configuration file is refused');
    expect(broken).toMatchObject({level: 'error', code: 'INVALID_CONFIG'});
    expect(String(broken['error'])).toContain('did you mean port?');
    // The level is warn by now: the orderly end, which is told at info, is not heard.
    daemon.signal('SIGTERM');
    expect(await daemon.exited()).toBe(0);
    expect(said('shutting down')).toEqual([]);
  } finally {
    await daemon.end();
  }
});
