import { describe, expect, it } from "vitest";
import { refuseEdgeAnswer } from "./edge-answer.ts";

interface Answer {
  status: number;
  body: string | null;
  headers?: Record<string, string>;
}

const answering = ({ status, body, headers }: Answer) => {
  const length: Record<string, string> = body === null ? {} : { "content-length": String(body.length) };
  const all = { server: "cloudflare", ...length, ...headers };
  return new Response(body, { status, headers: Object.entries(all).filter(([, value]) => value !== "") });
};
const json = { "content-length": "", "content-type": "application/json; charset=utf-8" };
const problem = (status: number, details: object = {}) =>
  JSON.stringify({ title: `Error ${status}`, status, cloudflare_error: true, ...details });

describe("what the edge says of a dead upstream is refused", () => {
  it.each<[string, string, Answer]>([
    ["520", "upstream_unreachable", { status: 520, body: "error code: 520" }],
    ["521", "upstream_unreachable", { status: 521, body: "error code: 521" }],
    ["522", "upstream_timeout", { status: 522, body: "error code: 522" }],
    ["523", "upstream_unreachable", { status: 523, body: "error code: 523" }],
    ["524", "upstream_timeout", { status: 524, body: "error code: 524" }],
    ["525", "upstream_unreachable", { status: 525, body: "error code: 525" }],
    ["526", "upstream_unreachable", { status: 526, body: "error code: 526" }],
    ["530", "upstream_unreachable", { status: 530, body: "error code: 1016" }],
    ["with a line feed", "upstream_unreachable", { status: 530, body: "error code: 1033\n" }],
    ["as JSON", "upstream_timeout", { status: 522, body: problem(522) }],
    [
      "as JSON with a code of its own",
      "upstream_unreachable",
      { status: 530, body: problem(530, { error_code: 1016 }) },
    ],
    [
      "as a page",
      "upstream_unreachable",
      { status: 521, body: "<!DOCTYPE html>".padEnd(9000), headers: { "cf-error-type": "521" } },
    ],
    ["to HEAD", "upstream_timeout", { status: 524, body: null, headers: { "cf-error-type": "52x" } }],
  ])("%s", async (_, code, answer) => {
    const refused = expect.objectContaining({ code, neverArrived: false });
    await expect(refuseEdgeAnswer(answering(answer))).rejects.toThrow(refused);
  });
});

it("what is refused is not read on", async () => {
  let cancels = 0;
  const body = new ReadableStream({ cancel: () => void cancels++ });
  const headers = { server: "cloudflare", "cf-error-type": "521" };
  await expect(refuseEdgeAnswer(new Response(body, { status: 521, headers }))).rejects.toThrow("Upstream unreachable");
  expect(cancels).toBe(1);
});

describe("what may be the upstream's own passes as it is", () => {
  it.each<[string, Answer]>([
    ["another server's", { status: 522, body: "error code: 522", headers: { server: "nginx" } }],
    ["another status", { status: 502, body: "error code: 502", headers: { "cf-error-type": "502" } }],
    ["one beside them", { status: 527, body: "error code: 527" }],
    ["another text", { status: 522, body: "error code: 522!" }],
    ["a line feed inside", { status: 522, body: "error code: 5\n22" }],
    ["a code with more before it", { status: 530, body: "an error code: 1016" }],
    ["a code with more behind it", { status: 530, body: "error code: 10160" }],
    ["another code", { status: 522, body: "error code: 521" }],
    ["a code of four digits, but no 530", { status: 522, body: "error code: 1016" }],
    ["no code", { status: 530, body: "error code: " }],
    ["JSON of its own", { status: 520, body: '{"error":"busy"}' }],
    ["JSON about another answer", { status: 520, body: problem(522) }],
    ["JSON that quotes", { status: 520, body: problem(520, { cloudflare_error: "true" }) }],
    ["JSON that is none", { status: 520, body: "null" }],
    ["half of it", { status: 520, body: '{"cloudflare_error":true' }],
    ["too much, and no length", { status: 520, body: problem(520).padEnd(9000), headers: json }],
    ["too much", { status: 520, body: problem(520).padEnd(5000) }],
    ["a length that is none", { status: 522, body: "error code: 522", headers: { "content-length": "15, 15" } }],
    ["nothing", { status: 522, body: null }],
  ])("%s", async (_, answer) => {
    const given = answering(answer);
    const passed = await refuseEdgeAnswer(given);
    expect(passed).toBe(given);
    expect(await passed.text()).toBe(answer.body ?? "");
  });

  it.each<[string, Record<string, string>]>([
    ["does not say how long it is", {}],
    ["says that it is too long", { "content-length": "4097" }],
    ["is a page", { "content-type": "text/html" }],
    ["is something like JSON", { "content-type": "x-application/json" }],
    ["is something like JSON, too", { "content-type": "application/jsonl" }],
  ])("without being read, if it %s", async (_, headers) => {
    let pulls = 0;
    const body = new ReadableStream({ pull: () => void pulls++ }, { highWaterMark: 0 });
    await refuseEdgeAnswer(new Response(body, { status: 520, headers: { server: "cloudflare", ...headers } }));
    expect(pulls).toBe(0);
  });
});
