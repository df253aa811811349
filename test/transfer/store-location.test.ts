/** Which store a command works on that is given the configuration of a daemon. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {startEmbeddedStore} from '../../src/embedded/index.ts';
import type {EmbeddedStore} from '../../src/embedded/index.ts';
import {withLocation} from '../../src/transfer/index.ts';
import {ownFolder} from '../support/own-folder.ts';

let folder = '';
let store: EmbeddedStore;

beforeEach(async () => {
  folder = ownFolder('location');
  store = await startEmbeddedStore();
});
afterEach(() => store.close());

it('a configuration without endpoints means the store inside its daemon, which runs', async () => {
  const configFile = join(folder, 'single.yml');
  const [, port] = store.endpoint.split(':');
  const lines = ['service: sm.test', 'port: 8801', 'etcdPrefix: /sm', `embedded: {port: ${port}}`];
  writeFileSync(configFile, lines.join('\n'));
  const found = await withLocation({configFile}, async ({keys, prefix, name}) => ({
    ...{prefix, name, status: await keys.status()},
  }));
  expect(found).toMatchObject({
    ...{prefix: '/sm', name: store.endpoint, status: {clusterId: store.clusterId}},
  });
});
