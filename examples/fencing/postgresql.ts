/**
 * Fencing in PostgreSQL. Each row that belongs to a shard carries the token of its last writer, and each write says "only if mine is
 * not older". One statement compares and writes, under the row's lock.
 */

/** A `Pool` or `Client` of the package `pg` fits. */
export interface Database {
  query(text: string, values: unknown[]): Promise<{rowCount: number | null; rows: unknown[]}>;
}

/** A `Shard` of the SDK fits. */
export interface Fenced {
  readonly id: string;
  readonly token: string;
}

/** A newer owner has written its token: stop working for the shard. */
export class StaleTokenError extends Error {}

/** COLLATE "C": tokens have a fixed width and are compared byte by byte, whatever the language of the database is. */
export const SCHEMA = `CREATE TABLE IF NOT EXISTS shard_state (
  shard text PRIMARY KEY,
  token text COLLATE "C" NOT NULL,
  body  text NOT NULL DEFAULT ''
)`;

/** Makes every older owner harmless. Call it first in `add`, before anything is loaded. @throws StaleTokenError. */
export async function takeOver(database: Database, shard: Fenced): Promise<void> {
  const {rowCount} = await database.query(
    `INSERT INTO shard_state (shard, token) VALUES ($1, $2)
     ON CONFLICT (shard) DO UPDATE SET token = excluded.token WHERE shard_state.token <= excluded.token`,
    [shard.id, shard.token],
  );
  if (rowCount !== 1) throw stale(shard);
}

export async function load(database: Database, shard: Fenced): Promise<string> {
  const {rows} = await database.query('SELECT body FROM shard_state WHERE shard = $1', [shard.id]);
  return (rows[0] as {body: string} | undefined)?.body ?? '';
}

/** @throws StaleTokenError, and then nothing is written. */
export async function save(database: Database, shard: Fenced, body: string): Promise<void> {
  const {rowCount} = await database.query(
    'UPDATE shard_state SET body = $2, token = $3 WHERE shard = $1 AND token <= $3',
    [shard.id, body, shard.token],
  );
  if (rowCount !== 1) throw stale(shard);
}

function stale(shard: Fenced): StaleTokenError {
  return new StaleTokenError(`shard ${shard.id} has a newer owner than ${shard.token}`);
}
