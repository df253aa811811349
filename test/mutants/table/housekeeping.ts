/** What a governor writes beside records, and when it has something to say. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const CHORE_GUARDS_TESTS = testsOf('test/server/governing/chore-guards.test.ts');
const CLOCK_RATE_TESTS = testsOf('test/governor/clock-rates.test.ts');
const EVICTION_TESTS = testsOf('test/governor/eviction.test.ts');
const HOUSEKEEPING_TESTS = testsOf('test/server/governing/housekeeping.test.ts');

export const HOUSEKEEPING_MUTANTS: readonly Mutant[] = [
  ...inFile('src/governor/status-reporter.ts', [
    {
      name: 'a clock that was heard of elsewhere is no news',
      breaks: 'decision 8: CLOCK_RATE is raised, and ends',
      find: 'if (this.clockRates.get(incarnation) === text) return false;',
      replace: 'return false;',
      killed: CLOCK_RATE_TESTS(
        'a container whose clock is off > begins and ends the alarm also where the failure detector has heard each heartbeat already',
      ),
    },
  ]),
  ...inFile('src/governor/eviction.ts', [
    {
      name: 'an eviction goes by a state that is older than the heartbeat',
      breaks: 'decision 17: the id names whom an operator has evicted',
      find: ' ||\n        isBehind(view, detector, incarnation)',
      replace: '',
      killed: EVICTION_TESTS(
        'a silent container > is left alone while what was read of it is older than what the failure detector has heard',
      ),
    },
  ]),
  ...inFile('src/server/governing/housekeeping.ts', [
    {
      name: 'a summary whose write had no answer is taken to be there',
      breaks: 'architecture.md, "How an app is read": status and doctor say what is so',
      find: 'else this.summaryLost();',
      replace: '',
      killed: HOUSEKEEPING_TESTS(
        'a summary that may not have been written is said to be lost, one that was written is not',
      ),
    },
    {
      name: 'a summary that arrives late replaces a newer one',
      breaks: 'architecture.md, "How an app is read": status and doctor say what is so',
      find: 'if (isSummary) compares.push(',
      replace: 'if (!isSummary) compares.push(',
      killed: HOUSEKEEPING_TESTS(
        'summaries > that had no answer and are carried out late replace none that came after them',
      ),
    },
    {
      name: 'eviction of whatever version',
      breaks: '"Evict": [hb/X mod = seen]',
      find: '[this.stillGoverns(), unchanged(heartbeat, {mod})]',
      replace: '[this.stillGoverns()]',
      killed: HOUSEKEEPING_TESTS(
        'an eviction > is not told of when the container came back in time, or nothing was written',
      ),
    },
    {
      name: 'eviction by a daemon that does not govern',
      breaks: '"Evict": [still governs]',
      find: '[this.stillGoverns(), unchanged(heartbeat, {mod})]',
      replace: '[unchanged(heartbeat, {mod})]',
      killed: CHORE_GUARDS_TESTS(
        'a governor that governs no more > evicts nobody, and hears of it',
      ),
    },
    {
      name: 'eviction deletes the id of a successor',
      breaks: '"Evict": the id only while it is the evicted one\'s',
      find: "if (idOf === 'own' || isOrdered === true) compares.push(unchanged(key, {mod: idMod}));",
      replace: '',
      killed: CHORE_GUARDS_TESTS('an eviction > never takes the id of a successor'),
    },
    {
      name: 'the word of an eviction is lost where the id was taken unseen',
      breaks: '"Evict": an operator\'s word is not lost because the id was taken unseen',
      find: "if (idOf === 'own' || isOrdered === true) compares",
      replace: "if (idOf === 'own') compares",
      killed: HOUSEKEEPING_TESTS(
        'an eviction > by an operator waits where the container has taken its id unseen: nothing would tell it',
      ),
    },
    {
      name: 'a status by a daemon that does not govern',
      breaks: '"Still governs": every write of a governor',
      find: 'const compares = [this.stillGoverns(), specUnchanged',
      replace: 'const compares = [specUnchanged',
      killed: CHORE_GUARDS_TESTS(
        'a governor that governs no more > tells nothing, and hears of it',
      ),
    },
    {
      name: 'a status of an app that is gone',
      breaks: 'protocol.md, "App removal": nothing of an app is created once its removal has begun',
      find: 'const compares = [this.stillGoverns(), specUnchanged(keys, app, this.specMod)];',
      replace: 'const compares = [this.stillGoverns()];',
      killed: CHORE_GUARDS_TESTS(
        'an app that is being removed > is told nothing more of once its spec says so, however lately it was known to live',
      ),
    },
    {
      name: 'a removal that has begun is no reason',
      breaks: 'protocol.md, "App removal": nothing of an app is created once its removal has begun',
      find: 'if (this.specMod === undefined) return true;',
      replace:
        'this.specMod ??= (await this.options.store.get(keys.appSpec(app))).entry?.mod ?? 0;',
      killed: CHORE_GUARDS_TESTS('an app that is being removed > is told nothing more of'),
    },
    {
      name: 'specs are deleted by a daemon that does not govern',
      breaks: '"Still governs": every write of a governor',
      find: 'await this.transact([this.stillGoverns(), ...compares], specs.map(deletion));',
      replace: 'await this.transact(compares, specs.map(deletion));',
      killed: CHORE_GUARDS_TESTS(
        'a governor that governs no more > deletes no specs, and hears of it',
      ),
    },
    {
      name: 'a spec that was written again is deleted',
      breaks: 'protocol.md, "App removal": what was seen, and nothing newer',
      find: 'await this.transact([this.stillGoverns(), ...compares], specs.map(deletion));',
      replace: 'await this.transact([this.stillGoverns()], specs.map(deletion));',
      killed: CHORE_GUARDS_TESTS(
        'an app that is being removed > keeps a spec that was written again since it was seen',
      ),
    },
    {
      name: 'a lost fencing key is not told',
      breaks: '"Still governs": stops at once',
      find: 'this.loseLeadership();\n    return outcome;',
      replace: 'void this.loseLeadership;\n    return outcome;',
      killed: CHORE_GUARDS_TESTS(
        'a governor that governs no more > deletes no specs, and hears of it',
      ),
    },
  ]),
  ...inFile('src/server/governing/round-history.ts', [
    {
      name: 'events without an answer are lost',
      breaks: 'operating.md: the history tells what happened in an outage',
      find: 'if (areTooMany(operations)) this.unwritten = [];',
      replace: 'this.unwritten = [];',
      killed: HOUSEKEEPING_TESTS(
        'a round of history > that may not have been written goes with the next summary, and then no more',
      ),
    },
    {
      name: 'events that are too large are tried for ever',
      breaks: 'summaries are written whatever the history holds',
      find: 'if (areTooMany(operations)) this.unwritten = [];',
      replace: '',
      killed: HOUSEKEEPING_TESTS(
        'a round of history > that is too large by itself is tried once: it would keep the summary from being written',
      ),
    },
  ]),
];
