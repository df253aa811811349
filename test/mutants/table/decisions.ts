/** What a governor decides: each rule has a test of its own. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const DECISIONS_TESTS = testsOf('test/governor/decisions.test.ts');
const CLAIMS_TESTS = testsOf('test/governor/claims.test.ts');
const PLAN_CACHE_TESTS = testsOf('test/governor/plan-cache.test.ts');
const MOVES_TESTS = testsOf('test/governor/moves.test.ts');
const LOAD_TABLE_TESTS = testsOf('test/load/load-table.test.ts');
const MOVES_UNDER_WAY_TESTS = testsOf('test/governor/moves-under-way.test.ts');

const RENEWALS_TESTS = testsOf('test/governor/renewals.test.ts');

export const DECISIONS_MUTANTS: readonly Mutant[] = [
  ...inFile('src/governor/renewals.ts', [
    {
      name: 'a renewal does not count',
      breaks: '"Failure detector": a new version restarts the count',
      find: 'this.failureDetector.observe(incarnation, change.entry.mod, ttlMs, nowMs, sentAtMs);',
      replace: '',
      killed: RENEWALS_TESTS(
        'a heartbeat that only says that its sender lives > counts all the same: its sender is not evicted',
      ),
    },
    {
      name: 'a renewal hides another state',
      breaks: '"Governor": every decision looks at all that is known',
      find: 'before.state === after.state &&',
      replace: '',
      killed: RENEWALS_TESTS('a heartbeat that says more is looked at: > another state'),
    },
    {
      name: 'who was missed is not looked at again',
      breaks: '"Governor": every decision looks at all that is known',
      find: 'return isNews || isByClock(known.state);',
      replace: 'return isNews;',
      killed: RENEWALS_TESTS(
        'a heartbeat that only says that its sender lives > is looked at when its sender had been missed',
      ),
    },
  ]),
  ...inFile('src/governor/status-reporter.ts', [
    {
      name: 'settled is no news',
      breaks: 'a summary says whether something is under way',
      find: 'this.touched ||= settled !== this.settled;',
      replace: '',
      killed: RENEWALS_TESTS('whether there is work under way is news for the summary by itself'),
    },
  ]),
  ...inFile('src/governor/eviction.ts', [
    {
      name: 'one eviction a millisecond',
      breaks: 'style rule 6: every retry has a pause',
      find: 'this.asked.set(incarnation, {times: times + 1, againMs: nowMs + pauseMs});',
      replace: '',
      killed: DECISIONS_TESTS(
        'silent containers > are asked to go until they are gone, after longer and longer pauses',
      ),
    },
  ]),
  ...inFile('src/governor/eviction-circuit-breaker.ts', [
    {
      name: 'one that restarts again and again is many',
      breaks: '"Eviction circuit breaker": of the containers',
      find: 'for (const {container} of silent) lost.add(container);',
      replace: "for (const [at, {container}] of silent.entries()) lost.add(container + '/' + at);",
      killed: DECISIONS_TESTS(
        'silent containers > are one when one container has been started again and again',
      ),
    },
  ]),
  ...inFile('src/appstate/quarantine.ts', [
    {
      name: 'a record that names the container of another incarnation counts',
      breaks: '"Records": a record whose container is not that of its incarnation is left alone',
      find: 'if (holder.container === record.container) return undefined;',
      replace: "if (holder.container !== '') return undefined;",
      killed: testsOf('test/governor/unreadable.test.ts')(
        'a record with the container of one and the incarnation of another > is shown, with an alarm, and counted as what cannot be read',
      ),
    },
  ]),
  ...inFile('src/appstate/listing-marks.ts', [
    {
      name: 'what a listing does not show stays',
      breaks: '"Governor": a full re-list',
      find: 'if (at <= revision && !this.others.has(`heartbeat/${incarnation}`))',
      replace: 'if (at < 0 && !this.others.has(`heartbeat/${incarnation}`))',
      killed: DECISIONS_TESTS(
        'a listing > takes away what it does not show, and nothing that is newer',
      ),
    },
  ]),
  ...inFile('src/appstate/shard-values.ts', [
    {
      name: 'a listing deletes what is newer',
      breaks: '"Governor": a listing tells of its revision',
      find: 'value.mod <= revision && ',
      replace: '',
      killed: DECISIONS_TESTS(
        'a listing > takes away what it does not show, and nothing that is newer',
      ),
    },
  ]),
  ...inFile('src/appstate/app-view.ts', [
    {
      name: 'hands on what cannot be read',
      breaks: '"Records": a higher v quarantines that shard',
      find: 'return this.quarantined.size > 0 &&',
      replace: 'return this.quarantined.size < 0 &&',
      killed: DECISIONS_TESTS('a shard > whose record cannot be read is not touched'),
    },
  ]),
  ...inFile('src/governor/governor.ts', [
    {
      name: 'decides before the first listing',
      breaks: '"Governor": reads everything first',
      find: 'const actions: GovernorAction[] = [];\n    if (!this.listings.isComplete) return actions;',
      replace: 'const actions: GovernorAction[] = [];',
      killed: DECISIONS_TESTS('a listing > comes before every decision'),
    },
    {
      name: 'two writes of one shard',
      breaks: '"Governor": one write of a shard at a time',
      find: 'return pending.has(shard) || view.isQuarantined(shard)',
      replace: 'return view.isQuarantined(shard)',
      killed: DECISIONS_TESTS(
        'a shard > is not written again while the outcome of a write is unknown',
      ),
    },
  ]),
  ...inFile('src/load/load-column.ts', [
    {
      name: 'a load is guessed anew where nobody reports it any more',
      breaks:
        'a guess moves a shard to where loads are reported, and what is measured there moves it back',
      find: 'const load = at(this.smooth, row);',
      replace:
        'const load = nowMs - at(this.sampledMs, row) > UNREPORTED_AFTER_MS ? UNKNOWN : at(this.smooth, row);',
      killed: LOAD_TABLE_TESTS(
        'the load of a shard > is kept when nobody reports it any more, though it does not count as measured: its shard may run where nobody can',
      ),
    },
  ]),
  ...inFile('src/governor/move-gate.ts', [
    {
      name: 'moves from where the shard is no more',
      breaks: 'transition table: owned(Y) -> dropping(Y)',
      find: "known?.value.state === 'owned' && known.value.container === from ?",
      replace: "known?.value.state === 'owned' ?",
      killed: DECISIONS_TESTS(
        'a queued move > begins where the shard is, and has no object where it is no more',
      ),
    },
    {
      name: 'moves what is not ready',
      breaks: '"Budgets": a voluntary move takes what serves',
      find: "if (!isReady) return waitFor('notReady');",
      replace: '',
      killed: DECISIONS_TESTS('a queued move > waits until the shard serves'),
    },
    {
      name: 'moves while a write of the shard is under way',
      breaks: '"Governor": one write of a shard at a time',
      find: "if (pending.has(move.shard)) return waitFor('writing');",
      replace: '',
      killed: DECISIONS_TESTS('a queued move > waits for a write of the shard that is under way'),
    },
  ]),
  ...inFile('src/governor/claim-monitor.ts', [
    {
      name: 'a governor that is behind finds others slow',
      breaks: '"Hints": unreachable is who claims nothing, not who was not asked',
      find: 'if (isBehind) this.progressAtMs.set(incarnation, nowMs);',
      replace: '',
      killed: CLAIMS_TESTS(
        'a container that claims nothing > does not count as unreachable while the governor itself is behind: its hints come late',
      ),
    },
  ]),
  ...inFile('src/governor/plan-cache.ts', [
    {
      name: 'who goes on without a home is looked at after each plan',
      breaks: 'planner.md: a plan costs what it changes',
      find: 'if (!isSame && isMeant(row)) found.push(row);',
      replace: 'if (isMeant(row)) found.push(row);',
      killed: PLAN_CACHE_TESTS('a plan names a shard without a home once, not in plan after plan'),
    },
  ]),
  ...inFile('src/governor/row-feed.ts', [
    {
      name: 'a plan beside the governor counts a trial whatever an operator ordered',
      breaks: '"Hints": gets nothing new',
      find: 'isOpenFor(found, home)',
      replace: "(home.onTrial || found.mode === 'open')",
      killed: MOVES_UNDER_WAY_TESTS(
        'moves under way > do not end as a trial where a cordon was ordered meanwhile; planned beside: true',
      ),
    },
  ]),
  ...inFile('src/governor/containers.ts', [
    {
      name: 'a trial goes on whatever an operator ordered',
      breaks: '"Hints": gets nothing new',
      find: "if (mode === 'open') return true;",
      replace: "if (mode === 'open' || onTrial) return true;",
      killed: MOVES_UNDER_WAY_TESTS(
        'moves under way > do not end as a trial where a cordon was ordered meanwhile; planned beside: false',
      ),
    },
    {
      name: 'a cordoned container loses the shards whose task changes',
      breaks: 'I4: a shard stops only if it is moved, or its container fails',
      find: "return state === 'cordoned' ? comesBack : onTrial",
      replace: 'return onTrial',
      killed: MOVES_TESTS(
        'a changed task > restarts its shard on a cordoned container, which gets nothing else; planned beside: false',
      ),
    },
  ]),
  ...inFile('src/governor/reconcile.ts', [
    {
      name: 'takes from a container that lives',
      breaks: 'transition table: only from one whose hb is absent',
      find: 'if (!context.view.hasHeartbeat(known.value.incarnation))\n    return place',
      replace: 'if (!context.living.has(known.value.container))\n    return place',
      killed: DECISIONS_TESTS(
        'the next step of a shard > takes it from nobody whose heartbeat is there, known to live or not',
      ),
    },
    {
      name: 'drops are not hinted',
      breaks: '"Hints": repeat until the record is free',
      find: "if (known.value.state === 'dropping') return {step: 'hint', op: 'drop'};\n  return reconcileOwned",
      replace: "if (known.value.state === 'dropping') return NOTHING;\n  return reconcileOwned",
      killed: DECISIONS_TESTS(
        'the next step of a shard > reminds an owner that loads, and tells one that has to drop',
      ),
    },
    {
      name: 'gives to one that takes nothing new',
      breaks: '"Hints": gets nothing new',
      find: 'if (!isOpenFor(target, {comesBack, onTrial: context.isTrial(shard, target.incarnation)}))',
      replace: "if (target.mode === 'draining')",
      killed: DECISIONS_TESTS(
        'the next step of a shard > gives it to who takes something new and has room',
      ),
    },
    {
      name: 'gives more than a container may hold',
      breaks: 'planner.md: maxShardCount',
      find: 'if (lacksCapacity(shard, target, context)) {',
      replace: 'if (context.epoch < 0) {',
      killed: DECISIONS_TESTS(
        'the next step of a shard > gives it to who takes something new and has room',
      ),
    },
    {
      name: 'a shard comes before another one of its spread key has left',
      breaks: 'planner.md: two shards of one spread key never on one container',
      find: ' || hasKeyConflict(shard, incarnation)',
      replace: '',
      killed: MOVES_TESTS(
        'shards of one spread key > change places without ever being together, 4 at once',
      ),
    },
    {
      name: 'a leaving container keeps what has no room',
      breaks: '"Container" 6: with no other container it drops all at once',
      find: "if (holder?.state === 'leaving' && (destination.stranded || destination.target === ''))\n    return letGo({kind: 'leaving', container: ''});",
      replace: '',
      killed: DECISIONS_TESTS(
        'the next step of a shard > lets it go from a leaving container even where nobody else has room',
      ),
    },
    {
      name: 'an owner that loads is hinted at once',
      breaks: '"Hints": who wrote the record is reminded only when it takes long',
      find: "{step: 'hint', op: 'add', remind: true}",
      replace: "{step: 'hint', op: 'add'}",
      killed: DECISIONS_TESTS(
        'the next step of a shard > reminds an owner that loads, and tells one that has to drop',
      ),
    },
    {
      name: 'an owned shard that is not ready is forgotten',
      breaks: '"Hints": repeat until the record is ready',
      find: "return ready ? NOTHING : {step: 'hint', op: 'add', remind: true};",
      replace: 'return NOTHING;',
      killed: DECISIONS_TESTS(
        'the next step of a shard > reminds an owner that loads, and tells one that has to drop',
      ),
    },
    {
      name: 'a changed task goes unnoticed',
      breaks: 'protocol.md, "Records": a new task is a new add',
      find: 'if ((known.value.taskVersion ?? 0) !== (spec.value.taskVersion ?? 0)) return true;',
      replace: '',
      killed: DECISIONS_TESTS(
        'the next step of a shard > drops what was claimed with an older task',
      ),
    },
  ]),
];
