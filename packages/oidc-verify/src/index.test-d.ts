import {
  createTokenCache,
  createVerifier,
  type GitHubClaims,
  OidcVerifyError,
  parseJson,
  readBearer,
  type TrustRule,
  type VerifiedToken,
} from "./index.ts";

const trust = [{ repository: "o/r" }] as const;

createVerifier({ audience: "a", trust: "any" });
createVerifier({ audience: ["a", "b"], trust });
createVerifier({ issuers: [{ audience: "a", trust }], maxAgeSeconds: 1200 });

// @ts-expect-error trust is required
createVerifier({ audience: "a" });
// @ts-expect-error audience is required
createVerifier({ trust: "any" });
// @ts-expect-error nothing is required of nobody
createVerifier({});
// @ts-expect-error a list of no rules
createVerifier({ audience: "a", trust: [] });
// @ts-expect-error only "any" is said aloud
createVerifier({ audience: "a", trust: "all" });
// @ts-expect-error an unknown claim
createVerifier({ audience: "a", trust: [{ repo: "o/r" }] });
// @ts-expect-error ids are strings
createVerifier({ audience: "a", trust: [{ repository_id: 42 }] });
// @ts-expect-error the token's own claims are no matter of trust
createVerifier({ audience: "a", trust: [{ repository: "o/r", iss: "x" }] });
// @ts-expect-error a list of no issuers
createVerifier({ issuers: [] });
// @ts-expect-error each issuer has its own trust
createVerifier({ issuers: [{ audience: "a" }] });
// @ts-expect-error one issuer or several
createVerifier({ audience: "a", trust: "any", issuers: [{ audience: "a", trust }] });
const both = { audience: "a", issuers: [{ audience: "b", trust }] } as const;
// @ts-expect-error nor by way of a variable
createVerifier(both);
const rules = { trust, issuers: [{ audience: "b", trust: "any" }] } as const;
// @ts-expect-error each issuer has its own rules
createVerifier(rules);
// @ts-expect-error no such option
createVerifier({ audience: "a", trust: "any", skipExpiry: true });

const cache = createTokenCache({ maxBytes: 0 });
createVerifier({ audience: "a", trust: "any", cache });
// @ts-expect-error one cache for the whole verifier
createVerifier({ issuers: [{ audience: "a", trust: "any", cache }] });
// @ts-expect-error nobody sets it
cache.bytes = 0;
// @ts-expect-error text is read into anything
const parsed: object = parseJson("{}");
void parsed;
const refused = new OidcVerifyError("untrusted", "no");
// @ts-expect-error absent where nothing was verified
const refusedRepository: string = refused.claims.repository;
// @ts-expect-error a claim that failed may be absent
const failedRef: string | undefined = refused.failed.ref;
void [refusedRepository, failedRef];

const status: 401 | 403 | 503 = refused.status;
void status;
readBearer(new Request("https://a.example"));
readBearer({ headers: {} as Readonly<Record<string, string | string[] | undefined>> });
// @ts-expect-error the request, not its headers
readBearer(new Headers());

const property: TrustRule = { repository: "o/r", repo_property_tier: "gold" };
// @ts-expect-error a promise must be awaited
const token: VerifiedToken = createVerifier({ audience: "a", trust: [property] }).verify("x");

const { claims } = token;
const repository: string = claims.repository;
const unknown: unknown = claims.whatever;
// @ts-expect-error absent where no environment is used
const environment: string = claims.environment;
// @ts-expect-error claims are read-only
claims.repository = "o/r";
// @ts-expect-error a claim that must be there
const none: GitHubClaims = { repository, unknown, environment };
void none;
