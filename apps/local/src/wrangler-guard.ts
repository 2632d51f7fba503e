/**
 * A process between the stage and wrangler. It ends wrangler, and workerd with it, when the stage goes away: by a word, by
 * a signal or by a crash, as all of them close the channel between the two. It leads nobody's terminal group, so that a
 * Ctrl-C reaches the stage alone. Arguments: wrangler's script and its arguments.
 */
import { spawn } from "node:child_process";

const GRACE_MS = 5_000;

const wrangler = spawn(process.execPath, process.argv.slice(2), {
  detached: true, // a group of its own: what is left of it can be ended as a whole
  stdio: ["ignore", "inherit", "inherit", "ipc"],
});
process.send?.({ event: "WRANGLER_STARTED", pid: wrangler.pid });
wrangler.on("message", (message) => process.connected && process.send?.(message));
wrangler.on("error", () => process.exit(1));
wrangler.on("exit", (code) => {
  endGroup("SIGKILL");
  process.exit(code ?? 1);
});

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  wrangler.kill("SIGINT");
  setTimeout(() => endGroup("SIGKILL"), GRACE_MS);
}
process.on("disconnect", stop);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);

function endGroup(signal: NodeJS.Signals): void {
  if (wrangler.pid === undefined) return;
  try {
    process.kill(-wrangler.pid, signal);
  } catch {} // nobody left
}
