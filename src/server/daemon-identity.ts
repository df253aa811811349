/** What a daemon says of itself in its heartbeat, and whether its address can be right beside the others'. */
import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';
import type {ServerConfig} from '../config/index.ts';
import type {HeartbeatIdentity} from '../model/container.ts';
import {RECORD_VERSION} from '../model/ownership.ts';

const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/** The same for all processes of a machine until it is booted again; where the system tells no such thing, the machine's name. */
export function machineBootId(): string {
  try {
    return readFileSync(BOOT_ID_FILE, 'utf8').trim();
  } catch {
    return `host:${hostname()}`;
  }
}

export function daemonIdentity(config: ServerConfig, version: string): HeartbeatIdentity {
  return {
    v: RECORD_VERSION,
    container: config.advertise,
    ttlMs: config.heartbeat.ttlMs,
    endpoint: config.advertise,
    host: config.host,
    pid: process.pid,
    bootId: machineBootId(),
    zone: '',
    labels: {},
    version,
    sdk: '',
  };
}
