import type {AppViews} from '../../appview/app-views.ts';
import type {AppListing} from '../../appview/listing.ts';
import type {Keys} from '../../etcd/keys.ts';
import type {LivingContainer} from '../../governor/containers.ts';
import type {PlanInUse} from '../../governor/plan-in-use.ts';
import type {AppScope} from '../../model/access.ts';
import type {RowPlan} from '../../planner/row-plan.ts';
import type {PlacementSnapshot, Plan} from '../../model/placement.ts';
import type {StoreDoubt} from '../../model/store-doubt.ts';
import type {StoreWrites} from '../../model/store-writes.ts';
import type {BulkAdmission} from '../../runtime/bulk-work.ts';
import type {ContainerView} from '../../protocol/admin.ts';
import type {OnAudited} from '../../store/audited-write.ts';
import type {Store} from '../../store/port.ts';
import type {Contact} from '../../model/contact.ts';
import type {CallQuotas} from './call-quotas.ts';
import type {Quotas} from './quotas.ts';

/** What the admin services need. Nothing of it belongs to one daemon: every daemon answers every request from etcd. */
export interface AdminDependencies {
  readonly store: Store;
  readonly keys: Keys;
  /** The views of apps that the daemon holds. */
  readonly views: AppViews;
  /** sm's own service name. */
  readonly service: string;
  /** Program version. */
  readonly version: string;
  /** Unix time, ms: for `createTime`, `updateTime` and the `at` of orders. */
  readonly wallMs: () => number;
  /** Epoch of fencing tokens that this daemon knows of. */
  readonly epoch: () => number;
  /** How the writes of this daemon fare. Records say how things were; while no write commits nobody knows how they are. */
  readonly writes: () => StoreWrites;
  /** Calls a daemon as another would; absent: nobody is called. */
  readonly callDaemon?: (
    daemon: Pick<ContainerView, 'id' | 'endpoint' | 'incarnation'>,
  ) => Promise<Contact>;
  /** Why this daemon cannot be called by the address that it advertises; undefined when it can. */
  readonly selfProblem?: () => SelfProblem | undefined;
  readonly sleep: (durationMs: number) => Promise<void>;
  /** Address on which this daemon listens to other machines without TLS. Absent: it does not. */
  readonly plainHost?: string | undefined;
  /** Whether this daemon compacts etcd while it leads. Absent: auto. */
  readonly compaction?: 'auto' | 'off';
  /** When certificates of this daemon end, Unix ms, by the setting of their file. Absent: not known. */
  readonly certificates?: () => ReadonlyMap<string, number>;
  /** Why this daemon does not believe the store; absent or undefined: it does. */
  readonly doubt?: () => StoreDoubt | undefined;
  /** Apps that this daemon knew before it came to doubt the store. Absent: none. */
  readonly seenApps?: () => readonly string[];
  /** How long somebody may still act by a right of before the store was restored, ms. */
  readonly oldRightsMs: () => number;
  /** The live planner, at once. */
  readonly plan: (snapshot: PlacementSnapshot, asked?: AskedOfPlan) => Plan;
  /**
   * The same beside the event loop, for a large app. Undefined: the app is not large, or nobody can plan beside; it is planned for at once. Absent: the same for
   * all apps. @throws SmError SERVER_UNAVAILABLE when whoever plans has ended meanwhile.
   */
  readonly planBeside?: (
    listing: AppListing,
    living: ReadonlyMap<string, LivingContainer>,
    asked: AskedOfPlan,
  ) => Promise<PlanOfView | undefined>;
  /** The plan in use of an app whose governor runs here; undefined: there is none. Absent: no governor runs here. */
  readonly planInUse?: (app: string) => PlanInUse | undefined;
  /**
   * Heavy work for an app: so much of it at a time, by turns among the apps. Absent: at once. `restFactor`: the next work of the app waits
   * so many times as long as this took. Default: 0.
   * @throws SmError RATE_LIMITED when too much waits for that app.
   */
  readonly byTurns?: <T>(app: string, work: () => Promise<T>, restFactor?: number) => Promise<T>;
  /**
   * Large batches for an app: one at a time, by turns of their own, since a batch that gives way to other apps takes long and nobody else's plan may wait for it.
   * Absent: at once.
   * @throws SmError RATE_LIMITED when too many wait for that app.
   */
  readonly batchByTurns?: <T>(app: string, work: () => Promise<T>) => Promise<T>;
  /** When parts of large batches may begin. Absent: at once. */
  readonly bulkWork?: BulkAdmission;
  /** What apps and the cluster may take. Absent: as much as they like. */
  readonly quotas?: Quotas;
  /** How often they may be called. Absent: as often as one likes. */
  readonly callQuotas?: CallQuotas;
  /** Apps that the caller of one request may see: lists are cut to them. Absent: all. */
  readonly apps?: AppScope;
  /**
   * Called after an app was created, for what is kept elsewhere (the guard lease of push containers). Its failure does
   * not undo the app.
   */
  readonly appCreated?: (app: string) => Promise<void>;
  /** Called with each audit entry that the store has taken. Absent: nobody keeps them elsewhere. */
  readonly onAudited?: OnAudited;
}

export interface SelfProblem {
  /** host:port by which this daemon cannot be called. */
  readonly endpoint: string;
  readonly text: string;
  readonly fix: string;
}

/** What a plan is to say besides. */
export interface AskedOfPlan {
  /** What it costs and brings. Default: no. */
  readonly withFigures?: boolean;
}

/** A plan for a reader, by the rows of the view that he reads. */
export interface PlanOfView {
  readonly rows: RowPlan;
  /** Of rows that were born later it says nothing. */
  readonly born: number;
  /** What was planned with: the containers have in `rows` the numbers that they have here. */
  readonly terms: Omit<PlacementSnapshot, 'shards'>;
  /** The shard that was planned for by that row; right until the same is asked again. */
  readonly idAt: (row: number) => string;
}

/** What planning for a reader needs. */
export type PlanDependencies = Pick<
  AdminDependencies,
  'plan' | 'planBeside' | 'byTurns' | 'planInUse'
>;

/** Where nobody takes turns. */
export function atOnce<T>(_app: string, work: () => Promise<T>): Promise<T> {
  return work();
}
