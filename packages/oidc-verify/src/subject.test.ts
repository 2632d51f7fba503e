import { expect, it } from "vitest";
import { parseSubject } from "./subject.ts";

it.each([
  ["repo:o/r:ref:refs/heads/main", { kind: "ref", owner: "o", repository: "r", value: "refs/heads/main" }],
  ["repo:o/r:environment:prod", { kind: "environment", owner: "o", repository: "r", value: "prod" }],
  ["repo:o/r:environment:a%3Ab%3ac", { kind: "environment", owner: "o", repository: "r", value: "a:b:c" }],
  ["repo:o/r:environment:100%25 ü", { kind: "environment", owner: "o", repository: "r", value: "100%25 ü" }],
  ["repo:o/r:pull_request", { kind: "pull_request", owner: "o", repository: "r" }],
  [
    "repo:o@12/r.x-y_z@34:ref:refs/tags/v1",
    { kind: "ref", owner: "o", ownerId: "12", repository: "r.x-y_z", repositoryId: "34", value: "refs/tags/v1" },
  ],
  [
    "repo:o@12/r@34:pull_request",
    { kind: "pull_request", owner: "o", ownerId: "12", repository: "r", repositoryId: "34" },
  ],
  ["repo:o@12/r:pull_request", { kind: "custom" }],
  ["repo:o/r@34:pull_request", { kind: "custom" }],
  ["repo:o@x/r@34:pull_request", { kind: "custom" }],
  ["repo:o/r:ref:", { kind: "custom" }],
  ["repo:o/r", { kind: "custom" }],
  ["repo:o/r:pull_request:x", { kind: "custom" }],
  ["repo:o/r:ref:refs/heads/main:job_workflow_ref:x", { kind: "custom" }],
  ["repo:o/r/x:pull_request", { kind: "custom" }],
  ["Repo:o/r:pull_request", { kind: "custom" }],
  [" repo:o/r:pull_request", { kind: "custom" }],
  ["repository_owner:o", { kind: "custom" }],
  ["", { kind: "custom" }],
])("reads %j", (raw, expected) => {
  expect(parseSubject(raw)).toEqual({ ...expected, raw });
});
