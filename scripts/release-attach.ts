/** What the release workflow does on GitHub, once npm has the packages. */
import { resolve } from "node:path";
import { attachRelease } from "./release/attach.ts";

const [assets] = process.argv.slice(2);
const commit = process.env.GITHUB_SHA;
if (!assets || !commit) throw new Error("GITHUB_SHA=<commit> node scripts/release-attach.ts <folder of the assets>");
await attachRelease(resolve(assets), commit);
