/** Faults of etcd itself. */
import {pause} from '../support/until.ts';
import type {ChaosMember} from './etcd-bed.ts';
import type {Bed} from './bed.ts';
import {aroundTtl} from './nemesis.ts';
import type {Nemesis} from './nemesis.ts';

const CALL_LIMIT_MS = 5_000;

/** Longer than T: a paused and resumed leader knows nothing of what was decided meanwhile (E3). */
const pauseEtcdLeader: Nemesis = async (bed, random) => {
  const leader = await bed.etcd.leader();
  if (leader === undefined) return undefined;
  const {ttlMs} = bed.options;
  return paused(leader, 'the leader', random.between(1.05 * ttlMs, 2.5 * ttlMs));
};

const pauseEtcdMember: Nemesis = async (bed, random) =>
  paused(random.pick(bed.etcd.members), 'a member', aroundTtl(bed, random));

function paused(member: ChaosMember, what: string, lastsMs: number) {
  member.process.signal('SIGSTOP');
  return {
    text: `SIGSTOP ${what} ${member.name}`,
    targets: ['all'],
    lastsMs,
    heal: () => member.process.signal('SIGCONT'),
  };
}

const killEtcdLeader: Nemesis = async (bed, random) => {
  const leader = await bed.etcd.leader();
  return leader === undefined ? undefined : killed(bed, [leader], random.between(500, 6_000));
};

const killEtcdMember: Nemesis = async (bed, random) =>
  killed(bed, [random.pick(bed.etcd.members)], random.between(500, 8_000));

/** Two of three: nothing can be written. */
const loseQuorum: Nemesis = async (bed, random) => {
  const spared = random.pick(bed.etcd.members);
  const victims = bed.etcd.members.filter((member) => member !== spared);
  return killed(bed, victims, random.between(1_000, 3 * bed.options.ttlMs));
};

async function killed(bed: Bed, members: readonly ChaosMember[], lastsMs: number) {
  await Promise.all(members.map((member) => member.process.stop('SIGKILL')));
  return {
    text: `SIGKILL ${members.map(({name}) => name).join(' and ')}`,
    targets: ['all'],
    lastsMs,
    heal: () => {
      for (const member of members) if (member.process.pid === undefined) bed.etcd.launch(member);
    },
  };
}

const rollEtcd: Nemesis = async (bed) => {
  const work = (async () => {
    for (const member of bed.etcd.members) {
      await member.process.stop('SIGTERM');
      bed.etcd.launch(member);
      await member.process.ready().catch(() => undefined);
      await pause(500);
    }
  })();
  return {text: 'rolling restart of etcd', targets: ['all'], lastsMs: 8_000, heal: () => work};
};

const moveLeader: Nemesis = async (bed, random) => {
  const leader = await bed.etcd.leader();
  if (leader === undefined) return undefined;
  const target = random.pick(bed.etcd.members.filter((member) => member !== leader));
  const status = await limited(bed.etcd.call(target, 'Maintenance.Status'));
  const id = (status as {header?: {member_id?: string}} | undefined)?.header?.member_id;
  if (id === undefined) return undefined;
  await limited(bed.etcd.call(leader, 'Maintenance.MoveLeader', {targetID: id}));
  return instant(`move-leader ${leader.name} to ${target.name}`);
};

/** To the newest revision that the audit has judged: who is behind has lost history. */
const compactEtcd: Nemesis = async (bed, random) => {
  if (bed.audited < 2) return undefined;
  await limited(
    bed.etcd.call(random.pick(bed.etcd.members), 'KV.Compact', {revision: String(bed.audited)}),
  );
  return instant(`compaction to ${bed.audited}`);
};

const defragEtcd: Nemesis = async (bed, random) => {
  const member = random.pick(bed.etcd.members);
  await limited(bed.etcd.call(member, 'Maintenance.Defragment'));
  return instant(`defrag ${member.name}`);
};

/** Puts fail while deletes pass. */
const noSpace: Nemesis = async (bed, random) => {
  const member = random.pick(bed.etcd.members);
  const status = await limited(bed.etcd.call(member, 'Maintenance.Status'));
  const memberID = (status as {header?: {member_id?: string}} | undefined)?.header?.member_id;
  if (memberID === undefined) return undefined;
  const alarm = {memberID, alarm: 'NOSPACE'};
  await limited(bed.etcd.call(member, 'Maintenance.Alarm', {...alarm, action: 'ACTIVATE'}));
  return {
    text: `alarm NOSPACE at ${member.name}`,
    targets: ['all'],
    lastsMs: random.between(1_000, 2 * bed.options.ttlMs),
    heal: () => disarm(bed, alarm),
  };
};

/** Until it has been taken back by whoever answers. */
async function disarm(bed: Bed, alarm: object): Promise<void> {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    for (const member of bed.etcd.members) {
      const request = {...alarm, action: 'DEACTIVATE'};
      const answer = await limited(bed.etcd.call(member, 'Maintenance.Alarm', request));
      if (answer !== undefined && !('code' in answer)) return;
    }
    await pause(500);
  }
  throw new Error('the alarm cannot be taken back');
}

function instant(text: string) {
  return {text, targets: ['all'], lastsMs: 1_000, heal: () => undefined};
}

/** A member that is stopped answers nothing. */
function limited<T>(call: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) =>
    setTimeout(() => resolve(undefined), CALL_LIMIT_MS),
  );
  return Promise.race([call.catch(() => undefined), late]);
}

export const ETCD_NEMESES = {
  pauseEtcdLeader,
  pauseEtcdMember,
  killEtcdLeader,
  killEtcdMember,
  loseQuorum,
  rollEtcd,
  moveLeader,
  compactEtcd,
  defragEtcd,
  noSpace,
} as const;
