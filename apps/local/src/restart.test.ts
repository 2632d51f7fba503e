import { afterAll, beforeAll, expect, it } from "vitest";
import { workerdOf } from "./processes.ts";
import type { Stage } from "./stage.ts";
import { startTestStage } from "./test-stage.ts";

const BUDGET = 60;
const CALLERS = 8;

let stage: Stage;
beforeAll(async () => {
  stage = await startTestStage({ RATE_LIMIT_PER_SECOND: "100000", MAX_REQUESTS_PER_TOKEN: `${BUDGET}` });
});
afterAll(() => stage?.close());

it("spends the budget exactly, though workerd is killed under load and started again on the same storage", async () => {
  const token = await stage.mint();
  const forwarded = () => stage.upstream.received.length;
  const ask = async () => {
    const answer = await fetch(`${stage.worker.url}/v1/models`, { headers: { "x-api-key": token } });
    await answer.arrayBuffer();
    return answer;
  };

  // Several callers at once, until the runtime dies under them: at most one request of each is lost then.
  const callUntilItDies = async () => {
    for (;;) {
      const answer = await ask().catch(() => undefined);
      if (!answer?.ok) return;
      if (forwarded() >= BUDGET / 3) {
        for (const { pid } of workerdOf(stage.worker.groupId)) process.kill(pid, "SIGKILL");
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, callUntilItDies));
  expect(forwarded()).toBeLessThan(BUDGET);
  expect(forwarded()).toBeGreaterThanOrEqual(BUDGET / 3);

  await stage.worker.restart();
  const answers = await Promise.all(Array.from({ length: BUDGET * 2 }, ask));
  const passed = answers.filter(({ ok }) => ok).length;
  const refused = answers.filter((answer) => answer.headers.get("x-oidc-proxy-error") === "budget_exhausted").length;
  expect(passed + refused).toBe(BUDGET * 2);
  expect(forwarded()).toBeLessThanOrEqual(BUDGET);
  expect(forwarded()).toBeGreaterThanOrEqual(BUDGET - CALLERS);
});
