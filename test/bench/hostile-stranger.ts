/** Takes time of the processor and nothing else: `tsx hostile-stranger.ts '{"share": 0.5}'`. `share`: of one core. Goes on until it is killed. */
const BURST_MS = 10;

const {share} = JSON.parse(process.argv[2] ?? '{}') as {readonly share: number};

function burn(): void {
  const {user, system} = process.cpuUsage();
  const wantedUs = user + system + 1_000 * BURST_MS;
  for (let used = 0; used < wantedUs;) {
    const now = process.cpuUsage();
    used = now.user + now.system;
  }
}

function burst(): void {
  const startedMs = performance.now();
  burn();
  setTimeout(burst, Math.max(0, BURST_MS / share - (performance.now() - startedMs)));
}

burst();
