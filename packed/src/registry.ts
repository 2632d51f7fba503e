import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { PackedPackage } from "./tarballs.ts";

/** A registry on this machine, for reading: as much as npm, pnpm, bun and deno ask one for. */
export async function startRegistry(packages: PackedPackage[]): Promise<{ url: string; close(): Promise<void> }> {
  const files = new Map<string, string | Buffer>();
  const server = createServer((request, response) => {
    const file = files.get(decodeURIComponent(request.url ?? ""));
    // The next run has other bytes under the same version: nobody may keep these.
    response.writeHead(file === undefined ? 404 : 200, { "cache-control": "no-store" }).end(file ?? "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const { name, tarball, manifest } of packages) {
    const bytes = readFileSync(tarball);
    const path = `/${name}/-/${name.replace(/^.*\//, "")}-${manifest.version}.tgz`;
    const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    const shasum = createHash("sha1").update(bytes).digest("hex");
    const version = { ...manifest, dist: { tarball: `${url}${path}`, integrity, shasum } };
    const versions = { [manifest.version]: version };
    const time = { [manifest.version]: "2026-01-01T00:00:00.000Z" }; // older than any waiting time of an installer
    files.set(path, bytes);
    files.set(`/${name}`, JSON.stringify({ name, "dist-tags": { latest: manifest.version }, versions, time }));
  }
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
