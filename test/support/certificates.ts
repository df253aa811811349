/** Certificates made by openssl for one test: an authority, and what it signs. */
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export interface CertificateFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const DAYS = '2';

export class Authority {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sm-ca-'));

  constructor() {
    const files = ['-keyout', this.path('ca.key'), '-out', this.path('ca.pem')];
    openssl('req', '-x509', ...KEY, '-subj', '/CN=test authority', '-days', DAYS, ...files);
  }

  get ca(): string {
    return this.path('ca.pem');
  }

  /** A certificate for servers at these addresses and for clients; of 0 days: it has ended when it is made. */
  issue(name: string, addresses: string, days = Number(DAYS)): CertificateFiles {
    const request = this.path(`${name}.csr`);
    const extensions = this.path(`${name}.ext`);
    const [cert, key] = [this.path(`${name}.pem`), this.path(`${name}.key`)];
    writeFileSync(
      extensions,
      `subjectAltName=${addresses}\nextendedKeyUsage=serverAuth,clientAuth\n`,
    );
    openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
    const signer = ['-CA', this.ca, '-CAkey', this.path('ca.key'), '-CAcreateserial'];
    const what = ['-in', request, '-out', cert, '-extfile', extensions];
    openssl('x509', '-req', ...signer, ...what, '-days', String(days));
    return {ca: this.ca, cert, key};
  }

  remove(): void {
    rmSync(this.folder, {recursive: true, force: true});
  }

  private path(name: string): string {
    return join(this.folder, name);
  }
}

/** As the SDK takes them. */
export function contentOf(files: CertificateFiles): {ca: Buffer; cert: Buffer; key: Buffer} {
  const {ca, cert, key} = files;
  return {ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key)};
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, {stdio: 'pipe'});
}
