import { readSettings, type Settings } from "./settings.ts";
import { type Stage, startStage } from "./stage.ts";
import { temporaryDir } from "./temporary-dir.ts";

/** A stage for tests: in a folder of its own, on free ports, untouched by what the developer has set. */
export async function startTestStage(settings: Settings = {}): Promise<Stage> {
  const dir = temporaryDir();
  const developer = readSettings({});
  const stage = await startStage({ dir: dir.path, developer, settings });
  return {
    ...stage,
    async close() {
      await stage.close();
      dir[Symbol.dispose]();
    },
  };
}
