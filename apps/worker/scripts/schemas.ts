// Writes the JSON schemas of the package, for editors.

import { writeFileSync } from "node:fs";
import { settingsSchema, wranglerSchema } from "../docs/settings-schema.ts";

for (const [name, schema] of Object.entries({ settings: settingsSchema, wrangler: wranglerSchema })) {
  writeFileSync(new URL(`../${name}.schema.json`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
