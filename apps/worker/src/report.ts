import { type GitHubClaims, OidcVerifyError, type VerifiedToken } from "@org/oidc-verify";
import { ProxyError, type RouteOptions } from "@org/proxy-core";
import { LimiterError } from "@org/token-limiter";
import { aFunction, assertOptions, oneOf, orAbsent } from "./assert-options.ts";
import type { Denied } from "./budget.ts";
import { type LimitKind, limits } from "./limits.ts";
import { type AnswerOptions, answer, type Code } from "./responses.ts";
import { createTally, type WaitUntil } from "./tally.ts";

/** What becomes of each request: its answer, and what the log says of it. */
export interface Report {
  /** A limit is spent. */
  denied(charge: Denied, token: VerifiedToken, route: RouteOptions): Response;
  /** Something was thrown. */
  refused(error: unknown, token?: VerifiedToken, route?: RouteOptions): Response;
  /**
   * A caller is about to spend. Said once per token and isolate, as a line per request would cost a tenth of it; and before the
   * limiter is asked, as whoever hangs up takes with them all that would have followed.
   */
  firstUse(token: VerifiedToken): void;
}

/** SDKs sleep as long as they are told; nobody wants a job that sleeps longer than this. */
const LONGEST_WAIT_SECONDS = 60;

/** Options of {@link createReport}. */
export interface ReportOptions {
  /** That of `cloudflare:workers`. Strangers are counted for a second before the log says how many: it keeps that line alive. */
  waitUntil: WaitUntil;
  /** Answers a budget that is spent: 403 for clients that retry every 429. Default: 429. A rate is always 429. */
  budgetExhaustedStatus?: 429 | 403;
}

const CHECKS = { waitUntil: aFunction, budgetExhaustedStatus: orAbsent(oneOf(429, 403)) };

/**
 * Callers who are known are named, each time; strangers are counted.
 *
 * @throws TypeError naming the option
 */
export function createReport(options: ReportOptions): Report {
  assertOptions(options, CHECKS);
  const { waitUntil, budgetExhaustedStatus = 429 } = options;
  const strangers = createTally(waitUntil, (code, details) => log("refused", { code, ...details }));
  // The verifier remembers a token as one object, for as long as it remembers it.
  const seen = new WeakSet<VerifiedToken>();
  return {
    denied({ deniedBy, limits: standing, turnMs }, token, route) {
      const { code, kind } = limits[deniedBy];
      const retryAfterMs = standing.find(({ name }) => name === deniedBy)?.retryAfterMs;
      const options: AnswerOptions = { headers: waitHeaders(kind, retryAfterMs, turnMs), route };
      if (kind !== "rate") options.status = budgetExhaustedStatus;
      const response = answer(code, options);
      log("refused", { code, status: response.status, ...whoIs(token.claims) });
      return response;
    },
    refused(error, token, route = error instanceof ProxyError ? error.route : undefined) {
      const { code, text } = describe(error);
      const response = answer(code, { text, route });
      const details = { status: response.status, ...reasonOf(error) };
      const claims = token?.claims ?? (error instanceof OidcVerifyError ? error.claims : undefined);
      if (claims) log("refused", { code, ...details, ...whoIs(claims) });
      else strangers.add(code, details);
      return response;
    },
    firstUse(token) {
      if (seen.has(token)) return;
      seen.add(token);
      log("first_use", whoIs(token.claims));
    },
  };
}

/** One line, for people and machines. It holds no header, no key, no part of a token but claims that were verified. */
export function log(event: string, details: object): void {
  console.log(JSON.stringify({ event, ...details }));
}

function whoIs({ repository, ref, workflow_ref, run_id, run_attempt, actor }: GitHubClaims): object {
  return { repository, ref, workflow_ref, run_id, run_attempt, actor };
}

function describe(error: unknown): { code: Code; text?: string } {
  const isCoded = error instanceof OidcVerifyError || error instanceof ProxyError || error instanceof LimiterError;
  return isCoded && error.code !== "not_authorized" ? { code: error.code, text: error.message } : { code: "internal" };
}

/** Why, as far as it can be said safely: what a runtime's or a library's message quotes cannot be known. */
function reasonOf(error: unknown): object {
  // Of a token that is not genuine nothing is quoted.
  if (error instanceof OidcVerifyError && error.claims) return { reason: error.message, failed: shown(error.failed) };
  if (error instanceof OidcVerifyError && error.claim !== undefined) return { claim: error.claim };
  if (!(error instanceof Error)) return {};
  if (describe(error).code !== "internal") return error.cause instanceof Error ? { cause: error.cause.name } : {};
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line));
  return { cause: error.name, at: frames?.slice(0, 5).map((frame) => frame.trim()) };
}

/** A claim that the token does not have is `null`, which JSON keeps. */
function shown(failed: OidcVerifyError["failed"] = {}): object {
  return Object.fromEntries(Object.entries(failed).map(([claim, value]) => [claim, value ?? null]));
}

/**
 * Of a rate each is told a turn of their own: told the same moment, all but a few would be refused again. A day's budget is worth
 * waiting for only at the very end of the day.
 */
function waitHeaders(kind: LimitKind, retryAfterMs: number | undefined, turnMs = retryAfterMs): Record<string, string> {
  if (retryAfterMs === undefined || turnMs === undefined) return {};
  if (kind === "rate") return { "retry-after-ms": String(turnMs) };
  const seconds = Math.ceil(retryAfterMs / 1000);
  const retryAfter = { "retry-after": String(Math.min(seconds, LONGEST_WAIT_SECONDS)) };
  return seconds > LONGEST_WAIT_SECONDS ? { ...retryAfter, "x-should-retry": "false" } : retryAfter;
}
