/** What SECURITY.md promises, line by line: each has a test that notices when the rule is taken out. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const CALL_GATE_TESTS = testsOf('test/container/call-gate.test.ts');
const RECEIVER_TLS_TESTS = testsOf('test/integration/receiver-tls.test.ts');
const ROLES_TESTS = testsOf('test/server/http/roles.test.ts');
const REQUESTS_TESTS = testsOf('test/server/http/requests.test.ts');
const ENDPOINT_TESTS = testsOf('test/server/contact/endpoint-policy.test.ts');
const SECRET_FILE_TESTS = testsOf('test/runtime/secret-file.test.ts');
const BILL_TEST = testsOf('test/docs/security.test.ts')(
  'the bill of materials names what ships, each with version and licence',
);

export const SECURITY_MUTANTS: readonly Mutant[] = [
  ...inFile('src/etcd/plain-password.ts', [
    {
      name: 'line 1: the password of etcd goes anywhere',
      breaks: 'SECURITY.md 1: no password to another machine without TLS',
      find: 'if (password === undefined || plainPassword === true) return;',
      replace: 'if (password === undefined || plainPassword !== false) return;',
      killed: testsOf('test/etcd/plain-password.test.ts')(
        'a password > goes to another machine over TLS alone, unless that is allowed',
      ),
    },
  ]),
  ...inFile('src/etcd/roles.ts', [
    {
      name: 'line 2: containers may write the specs of their app',
      breaks: 'SECURITY.md 2: least rights in etcd',
      find: "{key: keys.appSpecPrefix(app), isPrefix: true, permission: 'read'},",
      replace: "{key: keys.appSpecPrefix(app), isPrefix: true, permission: 'readwrite'},",
      killed: testsOf('test/etcd/roles.test.ts')(
        'the roles of an sm > give containers what is theirs, and daemons all apps',
      ),
    },
  ]),
  ...inFile('src/server/admin/read/checks.ts', [
    {
      name: 'line 3: every etcd is good enough',
      breaks: 'SECURITY.md 3: an etcd without fixes is named',
      find: 'if (floor !== undefined && Number(patch) < floor)',
      replace: 'if (floor !== undefined && Number(patch) < 0)',
      killed: testsOf('test/server/admin/etcd-version.test.ts')(
        'etcd that gets no fixes is named by doctor',
      ),
    },
    {
      name: 'line 16: a certificate ends without a word',
      breaks: 'SECURITY.md 16: a warning 30 days ahead',
      find: 'endMs - nowMs < CERTIFICATE_WARN_MS',
      replace: 'endMs - nowMs < 0',
      killed: testsOf('test/server/admin/certificate-checks.test.ts')(
        'certificates that end within 30 days are warned of, each by its setting',
      ),
    },
  ]),
  ...inFile('src/server/http/access.ts', [
    {
      name: 'line 4: every role may do everything',
      breaks: 'SECURITY.md 4: tokens with roles',
      find: 'if (!mayDo(grant.role, right))',
      replace: 'if (!mayDo(grant.role, "view"))',
      killed: ROLES_TESTS(
        'each route names the right that it needs > and nobody gets further, with any role',
      ),
    },
    {
      name: 'line 4: a limit to apps ends at the cluster',
      breaks: 'SECURITY.md 4: tokens limited to apps',
      find: "if (scope === 'cluster' && grant.apps !== 'all') throw ofOtherApps(grant);",
      replace: '',
      killed: ROLES_TESTS(
        'each route names the right that it needs > a token that is limited to apps reaches these, and nothing of the whole cluster',
      ),
    },
  ]),
  ...inFile('src/server/http/authentication.ts', [
    {
      name: 'line 4: tokens may be guessed without end',
      breaks: 'SECURITY.md 4: failed logins are limited',
      find: 'this.#failures.take(address, this.#nowMs());',
      replace: '',
      killed: ROLES_TESTS(
        'logins > that fail are limited by address, and who has logged in before goes on',
      ),
    },
  ]),
  ...inFile('src/server/credential-watch.ts', [
    {
      name: 'line 4: a revoked token goes on until somebody sends a signal',
      breaks: 'SECURITY.md 4: revocation',
      find: 'if (now === this.seen) return;',
      replace: 'if (now !== "") return;',
      killed: testsOf('test/server/credential-watch.test.ts')(
        'a file of tokens or certificates > is read again once it has changed, and not before',
      ),
    },
  ]),
  ...inFile('src/container/receiver.ts', [
    {
      name: 'line 5: a client certificate is asked for, and not needed',
      breaks: 'SECURITY.md 5: client certificates of a container with tls.clientCa',
      find: '!isProbe(request) && !isProven(request)',
      replace: 'isProbe(request) && !isProven(request)',
      killed: RECEIVER_TLS_TESTS(
        'a receiver with TLS > takes calls of who shows a certificate of its authority, and probes of anybody',
      ),
    },
  ]),
  ...inFile('src/server/contact/container-agent.ts', [
    {
      name: 'line 6: what comes before a body has no limit',
      breaks: 'SECURITY.md 6: an answer ends',
      find: 'if (received - before > limitBytes)',
      replace: 'if (received - before > limitBytes * 1_000)',
      killed: testsOf('test/integration/endless-headers.test.ts')(
        'the daemon gives up on a container with a status line without end',
      ),
    },
  ]),
  ...inFile('src/container/call-gate.ts', [
    {
      name: 'line 5: any signature holds',
      breaks: 'SECURITY.md 5: calls to containers are signed',
      find: 'if (!verifiesCall(key, call, signature)) {',
      replace: 'if (!verifiesCall(key, call, signature) && body.length < 0) {',
      killed: CALL_GATE_TESTS('a signature is for one call at one time'),
    },
    {
      name: 'line 5: a call may be made again',
      breaks: 'SECURITY.md 5: replay window',
      find: "if (this.#seen.has(nonce)) throw unauthenticated('the call is a repetition of an earlier one');",
      replace: '',
      killed: CALL_GATE_TESTS('a signature is for one call at one time'),
    },
    {
      name: 'line 15: a call signed long ago is taken',
      breaks: 'SECURITY.md 15: a replayed command is not taken',
      find: 'if (!isTimely(signature, this.#wallMs()))',
      replace: 'if (!isTimely(signature, signature.atMs))',
      killed: CALL_GATE_TESTS('a signature is for one call at one time'),
    },
  ]),
  ...inFile('src/server/contact/endpoint-policy.ts', [
    {
      name: 'line 5: TLS is asked of containers, and not needed',
      breaks: 'SECURITY.md 5: containerTls.required',
      find: 'if (refused !== undefined || !tlsRequired) return refused;',
      replace: 'if (refused !== undefined || tlsRequired) return refused;',
      killed: RECEIVER_TLS_TESTS('a daemon that asks for TLS calls nobody who offers none'),
    },
    {
      name: 'line 7: metadata addresses are called',
      breaks: 'SECURITY.md 7: addresses from the store',
      find: "if (never.check(address, family)) return 'link-local, metadata, multicast or unspecified address';",
      replace: '',
      killed: ENDPOINT_TESTS('a registered endpoint > "169.254.169.254:80" is never called'),
    },
    {
      name: 'line 7: a daemon on another machine calls its own loopback',
      breaks: 'SECURITY.md 7: what a name resolves to is checked',
      find: 'if (!allowLoopback && loopback.check(address, family)) return LOOPBACK_REFUSED;',
      replace: '',
      killed: ENDPOINT_TESTS('a name > that resolves to a refused address gets no connection'),
    },
  ]),
  ...inFile('src/model/ids.ts', [
    {
      name: 'line 8: two spellings of one id',
      breaks: 'SECURITY.md 8: names that look alike are refused',
      find: "if (id.normalize('NFC') !== id) return 'shard id is not in the Unicode form NFC';",
      replace: '',
      killed: testsOf('test/model/visible.test.ts')(
        'a shard id > that would look like another is refused: one form of Unicode',
      ),
    },
  ]),
  ...inFile('src/server/http/json-body.ts', [
    {
      name: 'line 10: bytes that are not UTF-8 are taken for what they look like',
      breaks: 'SECURITY.md 10: one strict parser',
      find: "new TextDecoder('utf-8', {fatal: true})",
      replace: "new TextDecoder('utf-8', {fatal: false})",
      killed: REQUESTS_TESTS('bad bodies > refuses bytes that are not UTF-8'),
    },
  ]),
  ...inFile('src/model/visible.ts', [
    {
      name: 'line 11: only controls are harmful',
      breaks: 'SECURITY.md 11: what cannot be seen, or turns the text',
      find: 'const HARMFUL = new RegExp(`[${CONTROLS}${UNSEEN}]`',
      replace: 'const HARMFUL = new RegExp(`[${CONTROLS}]`',
      killed: testsOf('test/model/visible.test.ts')(
        'text of others > shows every character of the ranges as an escape',
      ),
    },
  ]),
  ...inFile('src/model/hidden-text.ts', [
    {
      name: 'line 12: a secret is its text in JSON',
      breaks: 'SECURITY.md 12: secrets are printed as ***',
      find: 'toJSON(): string {\n    return HIDDEN;',
      replace: 'toJSON(): string {\n    return this.#text;',
      killed: testsOf('test/runtime/printed-secrets.test.ts')(
        'a secret is not seen in > anything that has it, however that is printed',
      ),
    },
  ]),
  ...inFile('src/runtime/secret-file.ts', [
    {
      name: 'line 12: links are followed',
      breaks: 'SECURITY.md 12: no links in what sm makes for itself',
      find: "const noLinks = links === 'refused' ? (constants.O_NOFOLLOW ?? 0) : 0;",
      replace: 'const noLinks = 0;',
      killed: SECRET_FILE_TESTS(
        'a plain file > with a secret is refused as a link where links are refused, and a missing one says so',
      ),
    },
    {
      name: 'line 12: whoever may read a secret may',
      breaks: 'SECURITY.md 12: files of the owner',
      find: 'refuseOthers(what, path, rights, readers);',
      replace: '',
      killed: SECRET_FILE_TESTS('a plain file > with a password is for its owner alone'),
    },
  ]),
  ...inFile('src/embedded/connections.ts', [
    {
      name: 'line 6: one machine takes all connections of the store',
      breaks: 'SECURITY.md 6: limits of number',
      find: 'if (own.length >= this.mostOfAddress) return this.dismissIdle(own);',
      replace: '',
      killed: testsOf('test/embedded/crowd.test.ts')(
        'connections > of one other machine are a quarter at most; this machine may have all',
      ),
    },
  ]),
  ...inFile('src/protocol/records.ts', [
    {
      name: 'line 9: __proto__ is a field like any other',
      breaks: 'SECURITY.md 9: prototypes',
      find: "if (Object.hasOwn(parsed, '__proto__')) return bad('holds __proto__');",
      replace: '',
      killed: testsOf('test/protocol/records.test.ts')(
        'a record of ownership > refuses __proto__, with and without long numbers beside it',
      ),
    },
  ]),
  ...inFile('src/server/governing/audit-trim.ts', [
    {
      name: 'line 14: a flood washes the audit out',
      breaks: 'SECURITY.md 14: no token costs another one its entries',
      find: 'groups.flatMap((keys) => surplusOf(keys.sort(), share))',
      replace: 'groups.flatMap((keys) => keys.sort()).sort().slice(0, -kept)',
      killed: testsOf('test/server/governing/audit-trim.test.ts')(
        'a flood of one token on one day costs nobody else an entry',
      ),
    },
  ]),
  ...inFile('scripts/sbom.ts', [
    {
      name: 'line 13: the bill of materials leaves out what is inside the bundles',
      breaks: 'SECURITY.md 13: supply chain',
      find: '(!installed && !bundled.has(folder))',
      replace: '!installed',
      killed: BILL_TEST,
    },
    {
      name: 'line 13: the bill of materials leaves out what is installed beside the bundles',
      breaks: 'SECURITY.md 13: supply chain',
      find: '(!installed && !bundled.has(folder))',
      replace: '!bundled.has(folder)',
      killed: BILL_TEST,
    },
  ]),
];
