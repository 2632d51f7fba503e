export { type Listening, listen } from "./listen.ts";
export { startNpmRegistry } from "./npm-registry.ts";
export { scriptedUpstream } from "./scripted-upstream.ts";
export { serve } from "./serve.ts";
export {
  type ReceivedRequest,
  startUpstream,
  type Upstream,
  type UpstreamHandler,
  type UpstreamOptions,
} from "./upstream.ts";
