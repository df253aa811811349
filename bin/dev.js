#!/usr/bin/env node
// Runs the sources as they are; for development.
import {register} from 'tsx/esm/api';

register();
const {main} = await import('../src/cli/index.ts');
await main();
