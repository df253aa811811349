/**
 * The form in which a prefix travels: JSON lines. A header, a line a key, and a last line by which a file that was cut short is
 * noticed before anything of it is written.
 */
import {createHash} from 'node:crypto';
import {counted} from '../model/counted.ts';
import {SmError} from '../model/errors.ts';
import type {Item} from './contents.ts';

const FORMAT = 1;
const KIND = 'sm-store-export';

export interface Header {
  readonly prefix: string;
  readonly clusterId: string;
  readonly revision: string;
  /** RFC 3339. */
  readonly at: string;
  /** Containers and daemons that may have lived when it was written. */
  readonly living: readonly string[];
}

export interface ExportFile {
  readonly header: Header;
  readonly items: readonly Item[];
}

export function writeExport({header, items}: ExportFile): string {
  const lines = [JSON.stringify({kind: KIND, format: FORMAT, ...header})];
  for (const {key, value} of items)
    lines.push(JSON.stringify({...field('key', key), ...field('value', value)}));
  const body = `${lines.join('\n')}\n`;
  return `${body}${JSON.stringify({end: true, keys: items.length, sha256: hashOf(body)})}\n`;
}

/** @throws SmError INVALID_INPUT for whatever is not a complete file of this format. */
export function readExport(text: string): ExportFile {
  const last = text.trimEnd().lastIndexOf('\n');
  const body = text.slice(0, last + 1);
  const lines = body.split('\n').slice(0, -1);
  const header = headerOf(lines[0] ?? text);
  const end = parsed(text.slice(last + 1), 'its last line');
  if (end['end'] !== true)
    throw unreadable('it is truncated: the last line is missing', 'export it again');
  if (end['keys'] !== lines.length - 1)
    throw unreadable(
      `it has ${lines.length - 1} of ${counted(Number(end['keys']), 'key')}`,
      'export it again',
    );
  if (end['sha256'] !== hashOf(body))
    throw unreadable('it was changed: its checksum does not match', 'export it again');
  const items = lines.slice(1).map((line, index): Item => {
    const fields = parsed(line, `line ${index + 2}`);
    return {key: bytes(fields, 'key', index + 2), value: bytes(fields, 'value', index + 2)};
  });
  return {header, items};
}

function headerOf(line: string): Header {
  const fields = parsed(line, 'its first line');
  if (fields['kind'] !== KIND)
    throw unreadable('it is not what sm store export writes', 'check the path');
  const {format, prefix, clusterId, revision, at, living} = fields;
  if (typeof format !== 'number' || format > FORMAT)
    throw unreadable(
      `it has format ${String(format)}, this version reads ${FORMAT}`,
      'import it with the version that wrote it, or a newer one',
    );
  const texts = [prefix, clusterId, revision, at];
  if (texts.some((one) => typeof one !== 'string') || !Array.isArray(living))
    throw unreadable('its header cannot be read', 'export it again');
  return {
    prefix: String(prefix),
    clusterId: String(clusterId),
    revision: String(revision),
    at: String(at),
    living: living.map(String),
  };
}

/** As text where it is text; else base64. */
function field(name: string, value: Buffer): Record<string, string> {
  const text = value.toString('utf8');
  return Buffer.from(text).equals(value)
    ? {[name]: text}
    : {[`${name}Base64`]: value.toString('base64')};
}

function bytes(fields: Record<string, unknown>, name: string, line: number): Buffer {
  const text = fields[name];
  if (typeof text === 'string') return Buffer.from(text);
  const encoded = fields[`${name}Base64`];
  if (typeof encoded === 'string') return Buffer.from(encoded, 'base64');
  throw unreadable(`line ${line} has no ${name}`, 'export it again');
}

function parsed(line: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Reported below.
  }
  throw unreadable(
    `${where} is not a JSON object`,
    'pass a complete file written by sm store export',
  );
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function unreadable(what: string, hint: string): SmError {
  return new SmError('INVALID_INPUT', `the export cannot be read: ${what}`, {hint});
}
