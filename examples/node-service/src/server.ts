import { createServer } from "node:http";
import { serve } from "./serve.ts";
import { createService } from "./service.ts";

const { AUDIENCE = "", REPOSITORY = "", UPSTREAM_URL = "", UPSTREAM_KEY = "", PORT = "8080" } = process.env;
const service = createService({
  audience: AUDIENCE,
  repository: REPOSITORY,
  upstream: UPSTREAM_URL,
  key: UPSTREAM_KEY,
});
createServer(serve(service)).listen(Number(PORT), () => console.log(`Listening on port ${PORT}`));
