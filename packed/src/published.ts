import { pnpm } from "./root.ts";

/** Every package of a workspace that is not private, and its folder: found, not listed, so that a new one needs no new line. */
export async function findPublished(root: string): Promise<{ name: string; folder: string }[]> {
  const listed: { name?: string; path: string; private?: boolean }[] = JSON.parse(
    await pnpm(root, "list", "--recursive", "--depth=-1", "--json"),
  );
  return listed.flatMap(({ name, path, private: hidden }) => (hidden || !name ? [] : [{ name, folder: path }]));
}
