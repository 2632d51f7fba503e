import { describe, expect, it } from "vitest";
import { createAllowList } from "./allow-list.ts";

describe("createAllowList", () => {
  it.each([
    ["POST /v1/messages", "POST", "/v1/messages"],
    ["POST /v1/messages", "POST", "/v1/%6dessages"],
    ["GET /v1/models", "HEAD", "/v1/models"],
    ["GET /v1/models/*", "GET", "/v1/models/gpt-5"],
    ["GET /v1/models/*", "GET", "/v1/models/caf%C3%A9"],
    ["GET /v1/models/*", "GET", "/v1/models/a%20b"],
    ["POST /models/*:generateContent", "POST", "/models/gemini-3:generateContent"],
    ["POST /models/*:generateContent", "POST", "/models/gemini-3%3AgenerateContent"],
    ["GET /**", "GET", "/"],
    ["GET /**", "GET", "/@scope%2fname"],
    ["GET /a/**", "GET", "/a/b/c"],
    ["* /a", "PURGE", "/a"],
    ["GET /a.b", "GET", "/a.b"],
  ])("%s allows %s %s", (rule, method, path) => {
    expect(createAllowList([rule])(method, path)).toBe(true);
  });

  it.each([
    ["POST /v1/messages", "GET", "/v1/messages"],
    ["POST /v1/messages", "POST", "/v1/messages/batches"],
    ["POST /v1/messages", "POST", "/v1/messages/"],
    ["POST /v1/messages", "POST", "//v1/messages"],
    ["POST /v1/messages", "POST", "/v1//messages"],
    ["POST /v1/messages", "POST", "/v1%2Fmessages"],
    ["POST /v1/messages", "POST", "/V1/messages"],
    ["POST /v1/messages", "POST", "/x/v1/messages"],
    ["POST /v1/messages", "POST", "/v1/messages%0a"],
    ["HEAD /", "GET", "/"],
    ["GET /v1/models/*", "GET", "/v1/models/"],
    ["GET /v1/models/*", "GET", "/v1/models/a/delete"],
    ["GET /v1/models/*", "GET", "/v1/models/a%2Fdelete"],
    ["GET /v1/models/*", "GET", "/v1/models/a%5cdelete"],
    ["GET /v1/models/*", "GET", "/v1/models/a%252Fdelete"],
    ["GET /v1/models/*", "GET", "/v1/models/%zz"],
    ["GET /v1/models/*", "GET", "/v1/models/%ff"],
    ["GET /v1/models/*", "GET", "/v1/models/a%00"],
    ["GET /a.b", "GET", "/axb"],
    ["GET /a/**", "GET", "/a"],
    ["GET /a/**", "GET", "/ab/c"],
  ])("%s does not allow %s %s", (rule, method, path) => {
    expect(createAllowList([rule])(method, path)).toBe(false);
  });

  it("an empty list allows nothing", () => {
    expect(createAllowList([])("GET", "/")).toBe(false);
  });

  it.each(["/v1/messages", "get /a", "GET a", "GET  /a", "GET /a?b", "GET /**/b", "GET /%61", "GET /a b", ""])(
    "%j is no rule",
    (rule) => {
      expect(() => createAllowList([rule])).toThrow(TypeError);
    },
  );
});
