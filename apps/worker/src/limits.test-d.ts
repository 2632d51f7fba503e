import type { LimitRow } from "./limits.ts";

const answer = { code: "branch_budget_exhausted", text: "Branch budget exhausted" };
const branch = { variable: "MAX_REQUESTS_PER_BRANCH", kind: "daily", object: "branch", ids: ["ref"] } as const;

({ ...branch, ...answer }) satisfies LimitRow;
// @ts-expect-error a limit without an answer
branch satisfies LimitRow;
// @ts-expect-error an answer that programs cannot tell from others
({ ...branch, text: answer.text }) satisfies LimitRow;
// @ts-expect-error an answer that says nothing
({ ...branch, code: answer.code }) satisfies LimitRow;
// @ts-expect-error a kind that nothing answers
({ ...branch, ...answer, kind: "hourly" }) satisfies LimitRow;
