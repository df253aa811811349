/** What a daemon says of itself in its heartbeat, and whether its address can be right beside the others'. */
import {hostname} from 'node:os';
import type {ServerConfig} from '../config/index.ts';
import type {HeartbeatIdentity} from '../model/container.ts';
import {RECORD_VERSION} from '../model/ownership.ts';
import {bootId} from '../runtime/boot-id.ts';

/** Where the system has no boot id, the machine's name. */
export function machineBootId(): string {
  return bootId() ?? `host:${hostname()}`;
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
