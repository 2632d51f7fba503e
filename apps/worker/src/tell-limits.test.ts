import { describe, expect, it } from "vitest";
import { tellLimits } from "./tell-limits.ts";

const limits = [{ name: "token", limit: 200, remaining: 7 }];
const ours = { policy: '"token";q=200', standing: '"token";r=7' };

function told(policy: string | null, standing: string | null) {
  const headers = new Headers();
  if (policy !== null) headers.set("ratelimit-policy", policy);
  if (standing !== null) headers.set("ratelimit", standing);
  const response = tellLimits(new Response(null, { headers }), limits);
  return { policy: response.headers.get("ratelimit-policy"), standing: response.headers.get("ratelimit") };
}

describe("our limits are told", () => {
  it.each([
    [null, null],
    ["", ""],
  ])("alone: %j, %j", (policy, standing) => {
    expect(told(policy, standing)).toEqual(ours);
  });

  it.each([
    '"default";q=100;w=60',
    '"a b";q=1;w=1,"c\\"d\\\\"; q=2 ;w=3',
    '"peruser";q=65535;qu="content-bytes";w=10;pk=:cHsdsRa894==:',
    '"x"\t,  "y";a;b=?1;c=1.5;d=token/1;e=@1659578233;acme-x=-1',
  ])("behind the upstream's: %s", (upstream) => {
    expect(told(upstream, upstream)).toEqual({
      policy: `${upstream}, ${ours.policy}`,
      standing: `${upstream}, ${ours.standing}`,
    });
    expect(told(upstream, null)).toEqual({ policy: `${upstream}, ${ours.policy}`, standing: ours.standing });
  });

  it.each([
    "limit=100, remaining=50, reset=5",
    "100;w=60",
    "100, 100;w=60",
    "100",
    "default;r=50;t=30",
    '"default";r=50, 100',
    '"default";r=50,',
    '"default";r=50;',
    '"default;r=50',
    '("default");r=50',
    "anything at all",
  ])("not, where the upstream's are older: %s", (upstream) => {
    expect(told(upstream, null)).toEqual({ policy: upstream, standing: null });
    expect(told(null, upstream)).toEqual({ policy: null, standing: upstream });
    expect(told('"default";q=1', upstream)).toEqual({ policy: '"default";q=1', standing: upstream });
  });
});
