// What must compile, and what must not. Checked by `pnpm typecheck`; never run.
import { LimiterError, type RateLimitFields, rateLimitFields } from "./index.ts";

const fields: RateLimitFields = rateLimitFields([]);
const headers = new Headers(fields);
new Response(null, { headers: fields });
for (const [name, value] of Object.entries(fields)) headers.append(name, value);
headers.append("RateLimit", fields.RateLimit);
// @ts-expect-error one of the two fields
const one: RateLimitFields = { RateLimit: "" };
void one;

const status: 503 = new LimiterError().status;
void status;
