/** The governor of an app: whom it evicts, what it gives to whom. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const ARRIVALS_TESTS = testsOf('test/governor/arrivals.test.ts');
const HINTS_TESTS = testsOf('test/governor/hints.test.ts');
const HOLDINGS_TESTS = testsOf('test/governor/holdings.test.ts');
const MOVES_TESTS = testsOf('test/governor/moves.test.ts');
const REMOVAL_TESTS = testsOf('test/governor/removal.test.ts');

export const GOVERNOR2_MUTANTS: readonly Mutant[] = [
  ...inFile('src/governor/governor.ts', [
    {
      name: 'a failed shard is tried again at once',
      breaks: '"Hints": back-off 1 s doubling to 60 s',
      find: ' || this.retries.held(shard, nowMs)',
      replace: '',
      killed: MOVES_TESTS('a failed add > waits 1 s doubling, and tries another container'),
    },
    {
      name: 'a refused write is tried again at once',
      breaks: 'style rule 6: every retry has a pause',
      find: 'this.retries.pause(shard, nowMs + REFUSED_RETRY_MS);',
      replace: '',
      killed: ARRIVALS_TESTS('a refused write > is tried again after a pause and not at once'),
    },
  ]),
  ...inFile('src/governor/held.ts', [
    {
      name: 'moves without a budget',
      breaks: '"Budgets": voluntary moves at most 20 per container end',
      find: "return motion.allows(move.from, move.to, voluntary) ? known : 'wait';",
      replace: 'return known;',
      killed: MOVES_TESTS(
        'budgets > one container gives at most its share of voluntary moves at once',
      ),
    },
    {
      name: 'moves what is not ready',
      breaks: '"Budgets": a voluntary move takes what serves',
      find: "if (voluntary && !known.value.ready) return 'wait';",
      replace: '',
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
    {
      name: 'moves while a write of the shard is under way',
      breaks: '"Governor": one write of a shard at a time',
      find: "if (pending.has(move.shard)) return 'wait';",
      replace: '',
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
    {
      name: 'moves from where the shard is no more',
      breaks: 'transition table: owned(Y) -> dropping(Y)',
      find: " || known.value.container !== move.from) return 'void';",
      replace: ") return 'void';",
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
  ]),
  ...inFile('src/governor/reconcile.ts', [
    {
      name: 'takes from a container that lives',
      breaks: 'transition table: only from one whose hb is absent',
      find: 'if (!context.view.hasHeartbeat(known.value.incarnation))\n    return place',
      replace: 'if (!context.living.has(known.value.container))\n    return place',
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
    {
      name: 'forgets what a living container has',
      breaks: 'transition table: -> absent: free, or its hb absent',
      find: "if (state === 'free' || !context.view.hasHeartbeat(incarnation))",
      replace: "if (state !== 'owned')",
      killed: REMOVAL_TESTS(
        'an app that is being deleted > is not finished while a container without shards lives',
      ),
    },
    {
      name: 'drops are not hinted',
      breaks: '"Hints": repeat until the record is free',
      find: "if (known.value.state === 'dropping') return {step: 'hint', op: 'drop'};\n  return reconcileOwned",
      replace: "if (known.value.state === 'dropping') return NOTHING;\n  return reconcileOwned",
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
    {
      name: 'gives to one that takes nothing new',
      breaks: '"Hints": gets nothing new',
      find: "if (target?.mode !== 'open') return {step: 'wait', for: 'plan'};",
      replace: "if (target === undefined) return {step: 'wait', for: 'plan'};",
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
    {
      name: 'gives more than a container may hold',
      breaks: 'planner.md: maxShardCount',
      find: "if (context.isFull(target.incarnation)) return {step: 'wait', for: 'room'};",
      replace: '',
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
    {
      name: 'a leaving container keeps what has no room',
      breaks: '"Container" 6: with no other container it drops all at once',
      find: "if (holder?.state === 'leaving' && (destination.stranded || destination.target === ''))\n    return letGo('leaving');",
      replace: '',
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
    {
      name: 'an owner that loads is hinted at once',
      breaks: '"Hints": who wrote the record is reminded only when it takes long',
      find: "{step: 'hint', op: 'add', remind: true}",
      replace: "{step: 'hint', op: 'add'}",
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
    {
      name: 'an owned shard that is not ready is forgotten',
      breaks: '"Hints": repeat until the record is ready',
      find: "return ready ? NOTHING : {step: 'hint', op: 'add', remind: true};",
      replace: 'return NOTHING;',
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
    {
      name: 'a changed task goes unnoticed',
      breaks: 'protocol.md, "Records": a new task is a new add',
      find: 'if ((known.value.taskVersion ?? 0) !== (spec.value.taskVersion ?? 0)) return true;',
      replace: '',
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
  ]),
  ...inFile('src/governor/hints.ts', [
    {
      name: 'hints are not repeated',
      breaks: '"Hints": repeat with back-off until the record is ready or free',
      find: 'else if (hint.atMs <= nowMs) this.send(hint, batches, nowMs);',
      replace: '',
      killed: HINTS_TESTS(
        'a hint > to claim is not repeated to a container that claims others, but for 5 s: it may have been lost',
      ),
    },
    {
      name: 'hints are repeated without back-off',
      breaks: '"Hints": repeat with back-off',
      find: 'REPEAT_MIN_MS * 2 ** hint.repeats',
      replace: 'REPEAT_MIN_MS',
      killed: HINTS_TESTS(
        'a hint > to claim is not repeated to a container that claims others, but for 5 s: it may have been lost',
      ),
    },
  ]),
  ...inFile('src/governor/removal.ts', [
    {
      name: 'removal ignoring a living heartbeat',
      breaks: 'protocol.md, "App removal": records and containers go first',
      find: 'if (view.own.size > 0 || view.heartbeats.size > 0) return [];',
      replace: 'if (view.own.size > 0) return [];',
      killed: REMOVAL_TESTS(
        'an app that is being deleted > is not finished while a container without shards lives',
      ),
    },
    {
      name: 'removal ignoring a record',
      breaks: 'protocol.md, "App removal": records and containers go first',
      find: 'if (view.own.size > 0 || view.heartbeats.size > 0) return [];',
      replace: 'if (view.heartbeats.size > 0) return [];',
      killed: REMOVAL_TESTS(
        'an app that is being deleted > is not finished while a container lives or a record stands',
      ),
    },
  ]),
  ...inFile('src/governor/plan-keeper.ts', [
    {
      name: 'the first container becomes a magnet',
      breaks: '"First placement": wait until no join for 500 ms',
      find: 'if (!this.settling) return nextAtMs;',
      replace: 'return nextAtMs;',
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
    {
      name: "a gone container's successor gets nothing",
      breaks: '"Evict": its successor gets its shards first',
      find: 'this.heldUntilMs = nowMs + waitMs;',
      replace: 'void waitMs;',
      killed: MOVES_TESTS(
        'what cannot be read > a heartbeat: its shards stay with it, and nothing is tried',
      ),
    },
  ]),
  ...inFile('src/governor/motion.ts', [
    {
      name: 'budgets forget what has ended',
      breaks: '"Budgets": at most 100 per app at once',
      find: 'this.count(motion, -1);',
      replace: '',
      killed: MOVES_TESTS(
        'budgets > one container gives at most its share of voluntary moves at once',
      ),
    },
  ]),
  ...inFile('src/governor/holdings.ts', [
    {
      name: 'one difference is enough',
      breaks: 'protocol.md, "Container" 8: a lying container: two answers in a row',
      find: '.filter((one) => before?.differences.has(one) === true)',
      replace: ".filter((one) => one !== '')",
      killed: HOLDINGS_TESTS(
        'a difference of a moment > is none when the record has changed between two answers',
      ),
    },
    {
      name: 'doubts never end',
      breaks: 'protocol.md, "Container" 8',
      find: 'if (agreeing >= AGREEING_TO_TRUST) return this.doubted.delete(incarnation);',
      replace: '',
      killed: HOLDINGS_TESTS(
        'a container that does not hold what is recorded as its own > gets nothing new from the second answer on, keeps what it has, and is trusted after two that agree',
      ),
    },
  ]),
];
