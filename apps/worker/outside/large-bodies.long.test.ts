import { createHash, type Hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { startUpstream, type Upstream } from "@org/testkit/node";
import type { RunningWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRealWorker, unlimited } from "./real-worker.ts";

const MIB = 1 << 20;
const GIB = 1 << 30;
const ALLOWED_GROWTH_MIB = 64;

let issuer: IssuerServer;
let upstream: Upstream;
let worker: RunningWorkerd;
let token: string;

beforeAll(async () => {
  issuer = await startIssuer();
  token = await issuer.issuer.mint();
  upstream = await startUpstream({ keepBytes: 0 });
  upstream.handler = (received, response) => {
    if (received.method === "GET") return void content(Number(received.url?.slice(1))).pipe(response);
    void digestOf(received).then((digest) => response.end(digest));
  };
  worker = await startRealWorker(issuer, upstream.url, unlimited);
  await download(16 * MIB); // memory that is only ever taken once
  await upload(16 * MIB, false);
});
afterAll(async () => {
  await worker?.stop();
  await upstream?.close();
  await issuer?.close();
});

it.each([
  ["a download", () => download(GIB)],
  ["an upload of a known length", () => upload(GIB, true)],
  ["an upload in chunks", () => upload(GIB, false)],
])("1 GiB: %s is whole, and leaves the worker's memory flat", async (name, transfer) => {
  const before = residentMiB();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, residentMiB());
  }, 50);
  const started = performance.now();
  const digest = await transfer().finally(() => clearInterval(watch));
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${name}: ${(1024 / seconds).toFixed(0)} MiB/s, memory ${before.toFixed(0)} → ${peak.toFixed(0)} MiB at most`,
  );
  expect(digest).toBe(await digestOf(content(GIB)));
  expect(peak - before).toBeLessThan(ALLOWED_GROWTH_MIB);
});

function download(bytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ ...address(), path: `/${bytes}` }, (response) => resolve(digestOf(response)))
      .on("error", reject)
      .end();
  });
}

/** Resolves with what the upstream made of it. */
function upload(bytes: number, isLengthKnown: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...address(), method: "POST", path: "/" }, (response) => resolve(textOf(response)));
    if (isLengthKnown) sent.setHeader("content-length", bytes);
    content(bytes).pipe(sent.on("error", reject));
  });
}

const address = () => ({ host: "127.0.0.1", port: worker.port, headers: { "x-api-key": token } });

/** No two pieces are alike, so that one that is lost, doubled or out of place shows. */
function content(bytes: number): Readable {
  const pieces = function* () {
    for (let sent = 0; sent < bytes; sent += MIB) {
      const piece = Buffer.alloc(MIB, "oidc-proxy");
      piece.writeUInt32BE(sent / MIB);
      yield piece;
    }
  };
  return Readable.from(pieces());
}

async function digestOf(body: Readable): Promise<string> {
  const hash: Hash = createHash("sha1");
  for await (const piece of body) hash.update(piece as Buffer);
  return hash.digest("hex");
}

async function textOf(response: IncomingMessage): Promise<string> {
  return (await response.setEncoding("utf8").toArray()).join("");
}

/** What the worker's process holds in memory now. */
function residentMiB(): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${worker.pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
