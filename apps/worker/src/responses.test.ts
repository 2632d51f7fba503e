import { OidcVerifyError, type OidcVerifyErrorCode } from "@org/oidc-verify";
import { ProxyError, type ProxyErrorCode } from "@org/proxy-core";
import { LimiterError } from "@org/token-limiter";
import { expect, it } from "vitest";
import { codes } from "../docs/sentences.ts";
import { answer, type Code } from "./responses.ts";

/** What the package says of its own code; `undefined` for a code of the worker's. */
function statusOf(code: Code): number | undefined {
  if (code === new LimiterError().code) return new LimiterError().status;
  const ofToken: number | undefined = new OidcVerifyError(code as OidcVerifyErrorCode, "").status;
  return ofToken ?? new ProxyError(code as ProxyErrorCode).status;
}

it("answers an error of the packages with the error's own status", () => {
  const theirs = (Object.keys(codes) as Code[]).filter((code) => statusOf(code) !== undefined);
  expect(theirs).toHaveLength(17);
  for (const code of theirs) expect([code, answer(code).status]).toEqual([code, statusOf(code)]);
});
