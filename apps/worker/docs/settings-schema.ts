import { type PresetName, presets } from "@org/proxy-core";
import { RUN_CLAIMS } from "../../../packages/oidc-verify/src/claims.ts";
import { OURS, ourWords } from "../src/names.ts";
import { type routeEntries, secretValue, trust } from "../src/route-rules.ts";
import { policyVariables, routeVariables, type VariableName } from "../src/variables.ts";
import { type Described, type JsonSchema, type Rule, schemaOfSetting, schemaOfValue } from "./schema-of-rule.ts";
import { routeOptions } from "./sentences.ts";
import { asSentence, meaningOf, rulesOf, variableNames } from "./settings.ts";

const DRAFT = "http://json-schema.org/draft-07/schema#";
/** Where the file stands in a package that is installed, and in none else: the package's scope is one folder, as wrangler's is none. */
const WRANGLER = "../../wrangler/config-schema.json";

/** Where the first holds, the second must. */
function implies(condition: JsonSchema, consequence: JsonSchema): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: that is the keyword's name
  return { if: condition, then: consequence };
}

/** A rule must pin a repository or an owner. */
const PINS = ["repository", "repository_id", "repository_owner", "repository_owner_id", "sub"];

/** One of its values, or any of several. */
const claim: JsonSchema = { type: ["string", "array"], minItems: 1, items: { type: "string" } };

const trustRules: JsonSchema = {
  type: "array",
  minItems: 1,
  items: {
    type: "object",
    properties: Object.fromEntries([...RUN_CLAIMS].map((name) => [name, claim])),
    patternProperties: { "^repo_property_.": claim },
    additionalProperties: false,
    anyOf: PINS.map((name) => ({ required: [name] })),
  },
};

const presetsWithoutAddress = (Object.keys(presets) as PresetName[]).filter(
  (name) => presets[name].upstream === undefined,
);

/** What functions judge, of which a schema can say some. */
const routeShapes: { readonly [option in keyof ReturnType<typeof routeEntries>]?: JsonSchema } = {
  prefix: { pattern: "^(?:/[^\\s?#\\\\%*]*)?$" },
  allow: { items: { type: "string", pattern: "^(?:[A-Z-]+|\\*) /" } },
  headers: {
    additionalProperties: {
      anyOf: [{ type: "string" }, schemaOfValue(secretValue({}, new Set()) as unknown as Rule, {})],
    },
  },
};

/** A route has an address: its own, or its preset's. */
const addressed: JsonSchema = {
  anyOf: [{ required: ["upstream"] }, { required: ["preset"] }],
  ...implies(
    { required: ["preset"], properties: { preset: { enum: presetsWithoutAddress } } },
    { required: ["upstream"] },
  ),
};

const described: Described = {
  rules: new Map([[trust, { type: "array", allOf: [{ $ref: "#/definitions/trust" }] }]]),
  properties: Object.fromEntries(
    (Object.keys(routeOptions) as (keyof typeof routeOptions)[]).map((name) => [
      name,
      { description: asSentence(routeOptions[name]), ...routeShapes[name] },
    ]),
  ),
  object: addressed,
};

function schemaOf(name: VariableName): JsonSchema {
  const description = meaningOf(name);
  // A secret that stands here is in everybody's sight: an editor strikes its name out. With ROUTES nobody reads it.
  if (name === "UPSTREAM_API_KEY") return { description: `${description} Never here.`, deprecated: true };
  return { description, ...schemaOfSetting(rulesOf(name), described) };
}

/** Where a setting is set. */
const isSet = (name: VariableName): JsonSchema => ({
  required: [name],
  properties: { [name]: { not: { const: "" } } },
});

/** Two forms of the same setting exclude each other. */
function excludes(name: VariableName, { entries }: { entries: object }): JsonSchema {
  const others = Object.keys(entries).filter((other) => other !== name);
  return implies(isSet(name), { properties: Object.fromEntries(others.map((other) => [other, { enum: [""] }])) });
}

/** A name of which one part is a word of ours. The worker knows more spellings. */
const LIKE_OURS = `^(?:[A-Z\\d]+_)*(?:${ourWords().join("|")})(?:S|ED)?(?:_[A-Z\\d]+)*$`;
/** Routes that are set elsewhere name secrets. They have no place here; but nobody shall think that their name is wrong. */
const SECRET = "_(?:KEY|SECRET|PASSWORD)(?:_?\\d+)?$";

/** Routes name secrets as they like, and which names those are no schema can read: beside routes only the worker judges names. */
const names: JsonSchema = implies(
  { not: isSet("ROUTES") },
  { propertyNames: { anyOf: [{ enum: [...OURS] }, { not: { pattern: LIKE_OURS } }, { pattern: SECRET }] } },
);

/** Of `vars`. */
export const settingsSchema: JsonSchema = {
  $schema: DRAFT,
  title: "Settings of @org/oidc-proxy",
  description: "What `vars` of wrangler.jsonc can set. Some of it may be set elsewhere, so nothing is required here.",
  type: "object",
  definitions: { trust: trustRules },
  properties: Object.fromEntries(variableNames.map((name) => [name, schemaOf(name)])),
  allOf: [names, excludes("TRUST_POLICY", policyVariables), excludes("ROUTES", routeVariables({}))],
};

const vars: JsonSchema = { properties: { vars: { $ref: "settings.schema.json" } } };

/** Of a whole wrangler.jsonc: wrangler's own, and the settings in `vars`, those of environments included. */
export const wranglerSchema: JsonSchema = {
  $schema: DRAFT,
  title: "wrangler.jsonc of a worker that is @org/oidc-proxy",
  allOf: [{ $ref: WRANGLER }, vars, { properties: { env: { additionalProperties: vars } } }],
  allowTrailingCommas: true,
};
