import { expect, it } from "vitest";
import { createRouter } from "./router.ts";

it("puts the base path in front and injects the key", async () => {
  const sent: { url: string; headers: Headers }[] = [];
  const router = createRouter(
    [{ upstream: "https://up.example/base/", key: "sk-the-real-key", authHeader: "x-api-key" }],
    {
      fetch: async (input, init) => {
        sent.push({ url: String(input), headers: new Headers(init?.headers) });
        return new Response("ok");
      },
    },
  );
  const request = new Request("https://proxy.example/v1//a%2Fb?q=1&q=2", {
    headers: { authorization: "Bearer aaaaaaaa" },
  });
  await router.match(request).forward(request);
  expect(sent[0]?.url).toBe("https://up.example/base/v1//a%2Fb?q=1&q=2");
  expect([...(sent[0]?.headers ?? [])]).toEqual([["x-api-key", "sk-the-real-key"]]);
});
