import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { expect, it } from "vitest";

const src = join(import.meta.dirname, "..", "src");

async function filesOf(entry: string): Promise<string[]> {
  const options: BuildOptions = { bundle: true, format: "esm", platform: "neutral", mainFields: ["module", "main"] };
  const { metafile } = await build({ ...options, entryPoints: [join(src, entry)], metafile: true, write: false });
  return Object.keys(metafile?.inputs ?? {});
}

it("reaches nothing of the testing entry, whose own bundle holds no verifier", async () => {
  const isForTests = (file: string) => /src\/testing[./]/.test(file);
  const [main, testing] = [await filesOf("index.ts"), await filesOf("testing.ts")];
  expect(main.filter(isForTests)).toEqual([]);
  expect(testing.filter(isForTests).length).toBeGreaterThan(1);
  expect(testing.filter((file) => file.endsWith("src/verifier.ts"))).toEqual([]);
});
