/** The bill of materials of what ships, as CycloneDX 1.6: what is inside of the bundles, and what is installed beside them. The same sources give the same bytes. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

interface Description {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
}

export interface Component {
  readonly type: 'library';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly {readonly license: {readonly id: string}}[];
  readonly hashes?: readonly {readonly alg: string; readonly content: string}[];
  /** `required`: installed; `optional` is not used; what is bundled says so. */
  readonly properties: readonly {
    readonly name: 'sm:shipped';
    readonly value: 'bundled' | 'installed';
  }[];
}

/** `inside`: files that went into the bundles. */
export function sbomOf(inside: readonly string[]): object {
  const own = readJson<Description>('package.json');
  const {packages} = readJson<{packages: Record<string, Locked>}>('package-lock.json');
  const bundled = new Set<string>();
  for (const file of inside) {
    // As in the lock file, wherever the packages lie: their folder may be a link.
    const path = file.slice(Math.max(0, file.indexOf('node_modules/')));
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
    if (folder !== undefined) bundled.add(folder);
  }
  const found = new Map<string, Component>();
  for (const [folder, locked] of Object.entries(packages)) {
    const installed = folder !== '' && locked.dev !== true && locked.devOptional !== true;
    if (locked.link === true || (!installed && !bundled.has(folder))) continue;
    const component = componentOf(folder, locked, bundled.has(folder) ? 'bundled' : 'installed');
    found.set(component.purl, component);
  }
  const missing = [...bundled].filter((folder) => packages[folder] === undefined);
  if (missing.length > 0) throw new Error(`not in the lock file: ${missing.join(', ')}`);
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': 'sm',
        name: own.name,
        version: own.version,
        purl: purlOf(own),
      },
    },
    components: [...found.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1)),
  };
}

function componentOf(folder: string, locked: Locked, value: 'bundled' | 'installed'): Component {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const version = locked.version ?? '';
  const license = locked.license ?? readJson<Description>(join(folder, 'package.json')).license;
  const purl = purlOf({name, version});
  return {
    ...{type: 'library', 'bom-ref': purl, name, version, purl},
    ...(license === undefined ? {} : {licenses: [{license: {id: license}}]}),
    ...hashesOf(locked.integrity),
    properties: [{name: 'sm:shipped', value}],
  };
}

function hashesOf(integrity = ''): Pick<Component, 'hashes'> {
  const [, content] = /^sha512-([A-Za-z0-9+/=]+)$/.exec(integrity) ?? [];
  if (content === undefined) return {};
  return {hashes: [{alg: 'SHA-512', content: Buffer.from(content, 'base64').toString('hex')}]};
}

function purlOf({name, version}: Description): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
