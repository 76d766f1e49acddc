// A local host in a process of its own, to be killed: node test/flow/victim.ts DIRECTORY. Says READY when it serves.
// Its clock jumps to the end of every wait of up to a day: the time until the fate of a broken-off send is settled.

import { startHost } from '../../local/host.ts';

const dayMs = 86_400_000;
const [directory] = process.argv.slice(2);
const host = await startHost({ directory, clockIso: '2026-03-10T12:00:00Z' });
host.schedules.pause();
console.log(`READY ${host.apiUrl}`);
for (;;) {
  await host.settle();
  const due = host
    .executions()
    .flatMap(({ status, waitsUntilMs }) =>
      status === 'RUNNING' && waitsUntilMs !== undefined ? waitsUntilMs : [],
    )
    .filter((ms) => ms > host.clock.nowMs() && ms < host.clock.nowMs() + dayMs);
  if (due.length > 0) await host.clock.advanceTo(Math.min(...due));
  await new Promise((resolve) => setTimeout(resolve, 20));
}
