/** The resources of the fencing examples, each twice: as a naive application writes to it, and with the token checked. */
import {Etcd3} from 'etcd3';
import {FencedEtcd, StaleTokenError as EtcdStale} from '../../../examples/fencing/etcd.ts';
import * as http from '../../../examples/fencing/http.ts';
import * as postgresql from '../../../examples/fencing/postgresql.ts';
import {OPERATOR} from '../../support/least-rights.ts';
import {Psql} from './psql.ts';

export interface Fenced {
  readonly id: string;
  readonly token: string;
}

/** Where a writer finds the resources. */
export interface Places {
  readonly app: string;
  readonly etcd: string;
  /** Of the HTTP resource. */
  readonly url: string;
  /** Folder of PostgreSQL's socket; '' where there is none. */
  readonly postgres: string;
}

export interface Resource {
  readonly name: string;
  /** Before anything is loaded. */
  takeOver(shard: Fenced): Promise<void>;
  write(shard: Fenced, value: string): Promise<void>;
}

export const isStale = (error: unknown): boolean =>
  [EtcdStale, http.StaleTokenError, postgresql.StaleTokenError].some(
    (kind) => error instanceof kind,
  );

export function resourcesOf(places: Places): Resource[] {
  const inDatabase = places.postgres === '' ? [] : databaseResources(new Psql(places.postgres));
  return [...etcdResources(places), ...httpResources(places.url), ...inDatabase];
}

const nothing = (): Promise<void> => Promise.resolve();

function etcdResources({etcd: endpoint, app}: Places): Resource[] {
  // Keys of the application: no role of sm reaches them.
  const etcd = new Etcd3({hosts: [`http://${endpoint}`], ...OPERATOR});
  const fenced = new FencedEtcd(etcd, app);
  const naive = async (shard: Fenced, value: string): Promise<void> => {
    await etcd.put(`naive/${app}/${shard.id}`).value(value);
  };
  return [
    {name: 'etcd naive', takeOver: nothing, write: naive},
    {
      name: 'etcd checked',
      takeOver: (shard) => fenced.takeOver(shard),
      write: (shard, value) => fenced.put(shard, `checked/${app}/${shard.id}`, value),
    },
  ];
}

function httpResources(url: string): Resource[] {
  const write =
    (kind: string) =>
    (shard: Fenced, value: string): Promise<void> =>
      http.put(`${url}/${kind}/${shard.id}`, shard, value);
  return [
    {name: 'http naive', takeOver: nothing, write: write('naive')},
    {
      name: 'http checked',
      takeOver: (shard) => write('checked')(shard, shard.token),
      write: write('checked'),
    },
  ];
}

function databaseResources(database: Psql): Resource[] {
  const naive = async (shard: Fenced, body: string): Promise<void> => {
    const values = [shard.id, body];
    await database.query(
      'INSERT INTO naive_state (shard, body) VALUES ($1, $2) ON CONFLICT (shard) DO UPDATE SET body = excluded.body',
      values,
    );
  };
  return [
    {name: 'postgresql naive', takeOver: nothing, write: naive},
    {
      name: 'postgresql checked',
      takeOver: (shard) => postgresql.takeOver(database, shard),
      write: (shard, body) => postgresql.save(database, shard, body),
    },
  ];
}
