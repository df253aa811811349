/** The certificate that we show to etcd does not depend on whom we trust. */
import {credentials} from '@grpc/grpc-js';
import {afterEach, beforeAll, expect, it, vi} from 'vitest';
import {HiddenText} from '../../src/model/hidden-text.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {Authority, contentOf} from '../support/certificates.ts';

let pem: {ca: Buffer; cert: Buffer; key: Buffer};
beforeAll(() => {
  const authority = new Authority();
  pem = contentOf(authority.issue('orders', 'DNS:client.test'));
  authority.remove();
});
afterEach(() => vi.restoreAllMocks());

it.each([
  ['an authority and a certificate', true, true],
  ['a certificate, where Node knows the authority of etcd', false, true],
  ['an authority alone', true, false],
])('is told of %s', async (_what, isTrusted, isShown) => {
  const opened = vi.spyOn(credentials, 'createSsl');
  const {ca, cert, key} = pem;
  const shown = isShown ? {cert, key: new HiddenText(String(key))} : {};
  await openEtcdStore({
    endpoints: ['etcd-1:2379'],
    tls: {...(isTrusted ? {ca} : {}), ...shown},
  }).close();
  const own = isShown ? [key, cert] : [undefined, undefined];
  expect(opened.mock.calls).toEqual([[isTrusted ? ca : undefined, ...own]]);
});
