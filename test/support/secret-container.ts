/** A container that says all it can of itself: `tsx secret-container.ts OPTIONS-AS-JSON`. Its log, and at SIGUSR2 what tools for faults would show. */
import {inspect} from 'node:util';
import {joinApp} from '../../src/container/index.ts';
import type {JoinOptions} from '../../src/container/index.ts';
import {createLogger} from '../../src/runtime/logger.ts';

const logger = createLogger({level: 'debug', format: 'json', destination: process.stdout});
const options = {...(JSON.parse(process.argv[2] ?? '{}') as JoinOptions), logger, signals: true};

try {
  const container = await joinApp(options, {
    add: () => undefined,
    drop: () => undefined,
  });
  process.on('SIGUSR2', () => {
    const report = JSON.stringify(process.report.getReport());
    process.stdout.write(`${inspect(container, {depth: 3})}\n${report}\ndumped\n`);
  });
  await container.ready;
  process.stdout.write(`ready ${container.metrics().contentType}\n`);
  process.stdout.write(await container.metrics().metrics());
  await container.ended;
} catch (error) {
  process.stdout.write(`failed ${inspect(error, {depth: 10})}\n`);
}
