import type { Plan } from "./repository.ts";
import { clientOf } from "./upstreams.ts";

/** `README.md`. */
export function readmeFile(plan: Plan): string {
  const { name, secrets, stubs = [], package: chosen } = plan;
  return `# ${name}

A worker on Cloudflare that takes a workflow's OIDC token in place of an API key, and puts the real key in. It is \`${chosen.name}\`; this
folder holds what is yours: whom it trusts, and where it forwards to.

| file | what it is |
|---|---|
| \`wrangler.jsonc\` | the settings: whom to trust, how much they may do, where requests go |
| \`src/index.ts\` | ${stubs.length === 0 ? "one line: the worker of the package" : "the worker of the package, and what is left of the one that ran here before"} |
| \`package.json\` | which version of the package, and of wrangler |
${plan.isBuiltByCloudflare ? "" : WORKFLOW}\
| \`.dev.vars.example\` | the keys' names, for \`wrangler dev\` |

## Deploy

\`\`\`sh
npm install
${secrets.map((secret) => `npx wrangler secret put ${secret}`).join("\n")}
npx wrangler deploy
\`\`\`
${plan.isBuiltByCloudflare ? buildsOf(plan) : ""}
\`secret put\` makes the worker, if there is none of this name yet: say yes. Commit \`package-lock.json\` as well: whoever deploys next
installs by it.

## Use it in a workflow

\`your-subdomain\` is your account's at Cloudflare: \`wrangler deploy\` prints the whole address.

\`\`\`yaml
permissions:
  id-token: write
  contents: read
steps:
  - id: oidc
    uses: actions/github-script@v7
    with:
      script: |
        const token = await core.getIDToken(${JSON.stringify(audienceOf(plan))});
        core.setSecret(token);
        core.setOutput('token', token);
${stepsOf(plan)}
\`\`\`

The token lasts a few minutes: a longer job mints a new one.

## Try it on your machine

\`\`\`sh
npx wrangler dev
\`\`\`

Without a token it answers 401. The real ${secrets.length === 1 ? "key goes" : "keys go"} into \`.dev.vars\`, which git does not see; where that file is missing, as
in a fresh clone, \`cp .dev.vars.example .dev.vars\`, and put ${secrets.length === 1 ? "it" : "them"} there: without, it answers 500.
${chosen.node ? NODE : ""}
## Check a change

\`npm run check\` builds what would be deployed, and deploys nothing. What a setting's value must be, the worker judges: with a bad one it
opens nothing, and answers 500 with all that is wrong. An editor that reads \`$schema\` shows it while you write.

## Update

${updateOf(plan)} If anything else is to be changed in \`wrangler.jsonc\`, the changelog of the package says so: only a
new major version may ask for that, before 1.0 a minor too.
`;
}

const WORKFLOW = `\
| \`.github/workflows/deploy.yml\` | deploys each push to the default branch; says which two values it needs, and how to do without a key in GitHub |
`;

const buildsOf = ({ package: { name, spec } }: Plan) => `${spec.startsWith("file:") ? unpublished(name) : ""}
Made by the "Deploy to Cloudflare" button, it needs none of this: Cloudflare deploys each push to the default branch by itself (Workers
Builds), and GitHub holds no key.
`;

const unpublished = (name: string) => `
None of it works until \`${name}\` is published: \`package.json\` names a tarball that is not here, lest npm take a stranger's package of that
name. From a clone of the proxy's repository \`npx --yes pnpm@12.21.0 new-worker <folder>\` makes a folder that has the package in it.
`;

const NODE = `
Wrangler needs Node 22 or newer, and this folder was made with an older one: so \`package.json\` brings a Node of its own for machines of that
platform (\`optionalDependencies\`), which \`npx\` and \`npm run\` take. With a newer Node delete that line.
`;

function updateOf({ package: { name, spec }, isBuiltByCloudflare = false }: Plan): string {
  const wrangler = "`npm update wrangler` brings a newer wrangler.";
  if (isBuiltByCloudflare || !spec.startsWith("file:"))
    return `\`npm update\` brings newer versions of \`${name}\` and wrangler; never a new major, nor before 1.0 a new minor.`;
  return `\`${name}\` is the tarball in this folder: pack a newer one, put it here, and
\`npm install ./<its name>\`. ${wrangler}`;
}

/** One that the worker accepts. */
const audienceOf = ({ vars }: Plan) =>
  String(vars.OIDC_AUDIENCE)
    .split(",")
    .map((item) => item.trim())
    .find((item) => item !== "") ?? "";

interface Route {
  prefix?: string;
  preset?: string;
}

function stepsOf({ name, vars }: Plan): string {
  const host = `${name}.your-subdomain.workers.dev`;
  const routes = Array.isArray(vars.ROUTES) ? (vars.ROUTES as Route[]) : [{}];
  return routes.map((route) => stepOf(route, `${host}${route.prefix ?? ""}`)).join("\n");
}

function stepOf({ preset }: Route, place: string): string {
  const { env, run } = clientOf(preset);
  const filled = (text: string) => text.replace(/\bURL\b/, `https://${place}`).replace(/\bHOST\b/, place);
  const lines = Object.entries(env).map(([variable, value]) => `      ${variable}: ${filled(value)}\n`);
  return `  - env:\n${lines.join("")}    run: ${filled(run)}`;
}
