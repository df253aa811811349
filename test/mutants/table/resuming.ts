/** What counts after an interruption: moves that went on, restarts that waited, shards that leave, moves that failed. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const RESUMED_TESTS = testsOf('test/governor/resumed-moves.test.ts');
const LOADS_TESTS = testsOf('test/governor/app-loads.test.ts');

export const RESUMING_MUTANTS: readonly Mutant[] = [
  ...inFile('src/governor/governor.ts', [
    {
      name: 'a move that goes on counts only once its write has committed',
      breaks: '"Budgets": at most maxMoving planned moves at once',
      find: 'this.inFlightMoves.asked(transition.shard, transition.record);',
      replace: '',
      killed: RESUMED_TESTS(
        'a shard that waits for room where it goes > counts against the budget again in the turn in which it goes on',
      ),
    },
    {
      name: 'a governor that takes over waits for the drop of a container that is gone',
      breaks: 'the summary: settled says that nothing more is going to happen',
      find: 'reconcileUnplanned(this.view.hasLivingOwner(shard) ? known?.state : undefined)',
      replace: 'reconcileUnplanned(known?.state)',
      killed: RESUMED_TESTS(
        'a governor that takes over > waits for no drop of a container that is gone',
      ),
    },
  ]),
  ...inFile('src/governor/trial-planner.ts', [
    {
      name: 'a governor that takes over gives the host of a new container a second trial',
      breaks: '"Joining containers": at most one running shard moves to it, on trial',
      find: 'if (this.isFirstLook) this.learnTrials(context, nowMs);',
      replace: '',
      killed: RESUMED_TESTS(
        'a governor that takes over > lets no second running shard go to the host of a new container',
      ),
    },
  ]),
  ...inFile('src/governor/move-starter.ts', [
    {
      name: 'a governor that takes over forgets which moves have begun within the minute',
      breaks: 'planner.md: moving.perMinute',
      find: 'if (this.isFirstLook) this.parts.inFlightMoves.learnStarts(own, nowMs, wallMs);',
      replace: '',
      killed: RESUMED_TESTS(
        'a governor that takes over > counts what began within the last minute by the records',
      ),
    },
  ]),
  ...inFile('src/governor/in-flight-moves.ts', [
    {
      name: 'a move gives up its place before the write that ends it has committed',
      breaks: '"Budgets": at most maxMoving planned moves at once',
      find: 'if (before !== undefined && isBudgeted(before.urgency) && !isBudgeted(found.urgency)) return;',
      replace: '',
      killed: RESUMED_TESTS(
        'a write that is asked for > takes its place at once, and gives one up only once it has committed',
      ),
    },
    {
      name: 'a move that is sent elsewhere gives its old target up before that is written',
      breaks: '"Joining containers": at most one running shard moves to it, on trial',
      find: 'if (before !== undefined && before.to !== found.to) this.redirect(shard, before);',
      replace: '',
      killed: RESUMED_TESTS(
        'a write that is asked for > to go elsewhere counts at both targets until it commits',
      ),
    },
    {
      name: 'nobody looks at a restart again that waits for the budget of a minute',
      breaks: '"Budgets": a changed task restarts its shard',
      find: 'return this.restarts.size > 0;',
      replace: 'return false;',
      killed: RESUMED_TESTS(
        'a restart that waits for the budget of a minute > wakes the governor when the minute is over',
      ),
    },
    {
      name: 'an app counts as settled while a restart waits',
      breaks: 'the summary: settled says that nothing more is going to happen',
      find: 'return this.moves.size === 0 && !this.hasRestarts;',
      replace: 'return this.moves.size === 0;',
      killed: RESUMED_TESTS(
        'a restart that waits for the budget of a minute > keeps the app from counting as settled',
      ),
    },
  ]),
  ...inFile('src/governor/reconcile.ts', [
    {
      name: 'a shard waits for good for room that the plan leaves to others',
      breaks: 'the summary: a shard that no container has in the plan is unplaced',
      find: "for: isInVain ? 'nowhere' : 'capacity'",
      replace: "for: isInVain ? 'capacity' : 'capacity'",
      killed: RESUMED_TESTS(
        'a shard on its way to a container that has become full > has no home where no other container has room, and gets one as soon as one has; planned beside: false',
      ),
    },
  ]),
  ...inFile('src/governor/row-feed.ts', [
    {
      name: 'plans made beside the governor count a shard where it was turned away',
      breaks: 'row-feed.ts says the same as the snapshot of placement.ts',
      find: 'if (record === undefined || this.arriving.turnedAway.has(shard))',
      replace: 'if (record === undefined)',
      killed: RESUMED_TESTS(
        'a shard on its way to a container that has become full > has no home where no other container has room, and gets one as soon as one has; planned beside: true',
      ),
    },
  ]),
  ...inFile('src/appstate/app-view.ts', [
    {
      name: 'a removed shard does not count for its spread key while it is dropped',
      breaks: 'planner.md: two shards of one spread key are never on one container',
      find: "if (entry === undefined && state !== 'free') this.spreadKeys",
      replace: 'if (false) this.spreadKeys',
      killed: RESUMED_TESTS(
        'a shard whose spec is removed > keeps its mate of the same spread key away until its drop has returned',
      ),
    },
  ]),
  ...inFile('src/governor/load-terms.ts', [
    {
      name: 'a failed add ends the cooldown',
      breaks: 'planner.md: cooldown',
      find: "return move.from !== '' || PLACED_AGAIN.has(moveReasonOf(move.why).kind);",
      replace: "return move.from !== '';",
      killed: LOADS_TESTS(
        'a plan for load > leaves a moved shard alone though its add has failed since, or it was recalled',
      ),
    },
  ]),
];
