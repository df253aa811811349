import type {ClusterQuota} from '../model/quota.ts';

/** The daemon's configuration with every default filled in. */
export interface ServerConfig {
  /** sm's own service name. */
  readonly service: string;
  /** Port of the admin API. */
  readonly port: number;
  /** etcd endpoints; empty when the daemon brings its own store. */
  readonly endpoints: readonly string[];
  readonly etcdPrefix: string;
  /** Address to bind. Default 127.0.0.1. */
  readonly host: string;
  /** host:port others use to reach this daemon. Default host:port. */
  readonly advertise: string;
  readonly etcd: {
    readonly username?: string;
    readonly passwordFile?: string;
    /** The password may go to another machine without TLS. Default false. */
    readonly plainPassword?: boolean;
    readonly tls?: {readonly ca: string; readonly cert?: string; readonly key?: string};
  };
  readonly auth: 'none' | {readonly tokenFile: string};
  /**
   * Of the admin API. `ca`: authority of the certificates of the other daemons; default: those that the system knows. `clientCa`: callers must show
   * a certificate that it signed; `clientRoles`: file that says what its names may do.
   */
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly ca?: string;
    readonly clientCa?: string;
    readonly clientRoles?: string;
  };
  /** Who may read files with secrets: `strict` is the owner and a group of this process. Default strict. */
  readonly filePermissions: 'strict' | 'any';
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error';
    readonly format: 'json' | 'text';
  };
  /** File to which a line is added for each audit entry. Absent: none. */
  readonly audit?: {readonly file: string};
  readonly heartbeat: {
    /** T of the daemon, ms, 3000-60000. Default 10000. */
    readonly ttlMs: number;
  };
  /** The store inside the daemon; absent with `endpoints`. */
  readonly embedded?: EmbeddedConfig;
  /** Default 15000. */
  readonly shutdownTimeoutMs: number;
  /** Whether the leader compacts etcd. Default auto. */
  readonly compaction: 'auto' | 'off';
  /** Networks (CIDR) in which containers are called; absent: everywhere. */
  readonly containerNetworks?: readonly string[];
  /** Calls to containers that speak TLS: whom to trust (default: `tls.ca`), what to show, and whether others are called at all (default: yes). */
  readonly containerTls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly required?: boolean;
  };
  /** What all apps together may take. Default: CLUSTER_QUOTA_DEFAULT. */
  readonly quota?: ClusterQuota;
}

/** The store of `sm serve --embedded`. Its one user, if any, is `etcd.username`. */
export interface EmbeddedConfig {
  /** Where everything is kept. Default: the folder sm-data beside the configuration file. */
  readonly dataDir: string;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host: string;
  /** Containers and other daemons connect here as to etcd, so it stays the same. Default 2379. */
  readonly port: number;
  /** Whether the store asks for the password that it made; with `etcd.username` it asks for that one. Default: password, but none for data directories of before. */
  readonly auth?: 'password' | 'none';
  /** Size beyond which writes are refused, bytes. Default: the store's own. */
  readonly quotaBytes?: number;
  /** Paths of PEM files; with `ca`, clients must show a certificate that it signed. */
  readonly tls?: {readonly cert: string; readonly key: string; readonly ca?: string};
}
