import { type IssuerServer, startIssuer } from "@org/issuer-server";
import {
  answerOk,
  type ComparableMessage,
  comparable,
  exchange,
  message,
  type RawRequest,
  type RawUpstream,
  startRawUpstream,
} from "@org/testkit/raw-http";
import type { RunningWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { KEY, startRealWorker, unlimited } from "./real-worker.ts";

/** What both ends got to see of one exchange. */
interface Seen {
  request: ComparableMessage;
  answer: ComparableMessage;
}

export interface Stage {
  upstream: RawUpstream;
  worker: RunningWorkerd;
  /** One that the worker accepts. */
  token: string;
  /** Through the worker, with the token; returns the answer's bytes. */
  send(line: string, headers?: readonly string[], body?: string): Promise<string>;
  /** The same request through the worker, and straight to where the worker sends it. */
  bothWays(line: string, headers?: readonly string[], body?: string): Promise<{ proxied: Seen; direct: Seen }>;
  /** The last request that the upstream got. */
  received(): RawRequest;
}

type Variables = Readonly<Record<string, unknown>>;

/** For one test file: an issuer, an upstream, and the worker in front of the upstream's base path `/base`. */
export function createStage(variables: Variables | ((upstream: string) => Variables) = {}): Stage {
  let issuer: IssuerServer;
  const stage: Partial<Stage> = {
    send: (line, headers = [], body) =>
      exchange(self.worker.port, message(line, "proxy.example", [`x-api-key: ${self.token}`, ...headers], body)),
    async bothWays(line, headers = [], body) {
      const { host, port } = new URL(self.upstream.url);
      const straight = message(line.replace(" /", " /base/"), host, [`x-api-key: ${KEY}`, ...headers], body);
      const direct = await see(() => exchange(Number(port), straight));
      return { direct, proxied: await see(() => self.send(line, headers, body)) };
    },
    received() {
      const request = self.upstream.requests.at(-1);
      if (request === undefined) throw new Error("The upstream received nothing");
      return request;
    },
  };
  const self = stage as Stage;

  async function see(ask: () => Promise<string>): Promise<Seen> {
    const answer = withoutLimits(comparable(await ask()));
    const { head, body } = self.received();
    return { request: withoutNoLength(comparable(`${head}\r\n\r\n${body}`)), answer };
  }

  beforeAll(async () => {
    issuer = await startIssuer();
    self.token = await issuer.issuer.mint();
    self.upstream = await startRawUpstream();
    const upstream = `${self.upstream.url}/base`;
    self.worker = await startRealWorker(issuer, upstream, {
      ...unlimited,
      CORS_ORIGIN: "off",
      ...(typeof variables === "function" ? variables(upstream) : variables),
    });
  });
  afterAll(async () => {
    await self.worker?.stop();
    self.upstream?.close();
    await issuer?.close();
  });
  beforeEach(() => {
    self.upstream.requests.length = 0;
    self.worker.log.length = 0;
    self.upstream.answer = answerOk;
  });
  return self;
}

/** The runtime says of a request without a body that its length is 0, which means the same (RFC 9110 section 8.6). */
function withoutNoLength({ headers, ...rest }: ComparableMessage): ComparableMessage {
  return { ...rest, headers: headers.filter((line) => line.toLowerCase() !== "content-length: 0") };
}

/** The only headers that the worker adds to an answer that it passes on. */
function withoutLimits({ headers, ...rest }: ComparableMessage): ComparableMessage {
  return { ...rest, headers: headers.filter((line) => !/^ratelimit(?:-policy)?:/.test(line)) };
}
