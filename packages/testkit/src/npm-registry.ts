import { startUpstream, type Upstream } from "./upstream.ts";

interface Published {
  name: string;
  versions: Record<string, { dist: { tarball: string } }>;
  _attachments: Record<string, { data: string }>;
}

/** As much of a registry as npm needs to publish, install, search, audit and ping. Tarballs have the public registry's address, as there. */
export function startNpmRegistry(): Promise<Upstream> {
  /** What a GET answers, by its decoded path. */
  const files = new Map<string, string | Buffer>([
    ["/-/ping", "{}"],
    ["/-/v1/search", '{"objects":[],"total":0}'],
  ]);
  const publish = ({ name, _attachments, versions, ...packument }: Published) => {
    for (const [version, manifest] of Object.entries(versions)) {
      const path = `/${name}/-/${name.replace(/^.*\//, "")}-${version}.tgz`;
      manifest.dist.tarball = `https://registry.npmjs.org${path}`;
      for (const { data } of Object.values(_attachments)) files.set(path, Buffer.from(data, "base64"));
    }
    files.set(`/${name}`, JSON.stringify({ name, versions, ...packument }));
  };
  return startUpstream({
    handler(request, response, received) {
      request.on("end", () => {
        if (received.method === "PUT") publish(JSON.parse(received.body));
        const [path = ""] = decodeURIComponent(received.url).split("?", 1);
        const file = received.method === "GET" ? files.get(path) : "{}";
        response.writeHead(file === undefined ? 404 : 200, { "content-type": "application/json" }).end(file ?? "{}");
      });
    },
  });
}
