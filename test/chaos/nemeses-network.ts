/** Faults of the network: every connection of the bed goes through a relay. */
import {aroundTtl} from './nemesis.ts';
import type {Fault, Nemesis} from './nemesis.ts';
import type {Random} from './random.ts';
import type {Relay, RelayFault} from './relay.ts';

/** Both ways, one way, or half-open: what is sent is lost sight of, and what is open breaks at the end. */
interface Cut {
  readonly words: string;
  readonly fault: RelayFault;
}

const CUTS: readonly Cut[] = [
  {words: 'cut both ways', fault: {stallUp: true, stallDown: true}},
  {words: 'cut both ways, refusing', fault: {stallUp: true, stallDown: true, refuse: true}},
  {words: 'requests do not arrive', fault: {stallUp: true}},
  {words: 'answers do not arrive', fault: {stallDown: true}},
];

/** At the end either all that waited arrives late, or the connections break and it never does. */
function held(
  relays: readonly Relay[],
  fault: RelayFault,
  words: {text: string; targets: readonly string[]},
  lastsMs: number,
  random: Random,
): Fault {
  const undo = relays.map((relay) => relay.apply(fault));
  const breaks = random.chance(0.4);
  return {
    text: `${words.text}${breaks ? ', then broken' : ''}`,
    targets: words.targets,
    lastsMs,
    heal: () => {
      if (breaks) for (const relay of relays) relay.cut(fault.from);
      for (const one of undo) one();
    },
  };
}

const cutContainersFromEtcd: Nemesis = async (bed, random) => {
  const group = random.pick(bed.groups);
  const {words, fault} = random.pick(CUTS);
  const text = `${group.name} and etcd: ${words}`;
  return held(group.toEtcd, fault, {text, targets: [group.name]}, aroundTtl(bed, random), random);
};

const cutDaemonFromEtcd: Nemesis = async (bed, random) => {
  const daemon = random.pick(bed.daemons);
  const {words, fault} = random.pick(CUTS);
  const text = `${daemon.name} and etcd: ${words}`;
  return held(daemon.toEtcd, fault, {text, targets: [daemon.name]}, aroundTtl(bed, random), random);
};

const cutHints: Nemesis = async (bed, random) => {
  const group = random.pick(bed.groups);
  const {words, fault} = random.pick(CUTS);
  const text = `daemons and ${group.name}: ${words}`;
  const lastsMs = random.between(500, 10_000);
  return held([group.hints], fault, {text, targets: [group.name]}, lastsMs, random);
};

/** A member of etcd is cut off from the other members; its clients still reach it. */
const isolateEtcdMember: Nemesis = async (bed, random) => {
  const member = random.pick(bed.etcd.members);
  const {words, fault} = random.pick(CUTS.filter(({fault: one}) => one.refuse !== true));
  const lastsMs = random.between(1_000, 3 * bed.options.ttlMs);
  const away = held([member.peers], fault, {text: '', targets: ['all']}, lastsMs, random);
  const others = bed.etcd.members.filter((other) => other !== member).map(({peers}) => peers);
  const from = held(
    others,
    {...fault, from: member.name},
    {text: '', targets: ['all']},
    lastsMs,
    random,
  );
  return {
    text: `${member.name} and the other members: ${words}`,
    targets: ['all'],
    lastsMs,
    heal: async () => {
      await away.heal();
      await from.heal();
    },
  };
};

/** One way between two members. */
const cutEtcdPair: Nemesis = async (bed, random) => {
  const to = random.pick(bed.etcd.members);
  const from = random.pick(bed.etcd.members.filter((other) => other !== to));
  const fault = {stallUp: true, stallDown: random.chance(0.5), from: from.name};
  const text = `${from.name} to ${to.name}: cut`;
  const lastsMs = random.between(1_000, 3 * bed.options.ttlMs);
  return held([to.peers], fault, {text, targets: ['all']}, lastsMs, random);
};

/** Everybody's way to one member. */
const cutEtcdMemberFromClients: Nemesis = async (bed, random) => {
  const index = random.between(0, bed.etcd.members.length - 1);
  const relays = bed.parts.flatMap(({toEtcd}) => toEtcd.slice(index, index + 1));
  const {words, fault} = random.pick(CUTS);
  const text = `all and etcd${index}: ${words}`;
  return held(relays, fault, {text, targets: ['all']}, aroundTtl(bed, random), random);
};

const delayEtcd: Nemesis = async (bed, random) => {
  const part = random.pick(bed.parts);
  const delayMs = random.chance(0.5) ? random.between(50, 500) : random.between(500, 5_000);
  const text = `${part.name} and etcd: each piece ${delayMs} ms late`;
  const lastsMs = random.between(2_000, 10_000);
  return held(part.toEtcd, {delayMs}, {text, targets: [part.name]}, lastsMs, random);
};

const throttleEtcd: Nemesis = async (bed, random) => {
  const part = random.pick(bed.parts);
  const bytesPerSecond = random.between(500, 20_000);
  const text = `${part.name} and etcd: ${bytesPerSecond} bytes a second`;
  const lastsMs = random.between(2_000, 10_000);
  return held(part.toEtcd, {bytesPerSecond}, {text, targets: [part.name]}, lastsMs, random);
};

/** As a lossy line looks to TCP: it stands still again and again. */
const flap: Nemesis = async (bed, random) => {
  const part = random.pick(bed.parts);
  const stall = {stallUp: true, stallDown: true};
  let undo: (() => void)[] = [];
  const everyMs = random.between(200, 1_000);
  const timer = setInterval(() => {
    const off = undo;
    undo = off.length > 0 ? [] : part.toEtcd.map((relay) => relay.apply(stall));
    for (const one of off) one();
  }, everyMs);
  return {
    text: `${part.name} and etcd: stands still every other ${everyMs} ms`,
    targets: [part.name],
    lastsMs: random.between(2_000, 10_000),
    heal: () => {
      clearInterval(timer);
      for (const one of undo) one();
    },
  };
};

export const NETWORK_NEMESES = {
  cutContainersFromEtcd,
  cutDaemonFromEtcd,
  cutHints,
  isolateEtcdMember,
  cutEtcdPair,
  cutEtcdMemberFromClients,
  delayEtcd,
  throttleEtcd,
  flap,
} as const;
