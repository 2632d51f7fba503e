import { isRecord } from "./configuration-text.ts";

/** What becomes of the original's Durable Object. */
export interface OriginalClasses {
  /** Its migrations, as they stand: Cloudflare and wrangler want the whole history, ours comes after it. */
  migrations: readonly Record<string, unknown>[];
  /**
   * The classes that the new worker must export as well, empty and unbound: Cloudflare refuses a version without a class that has objects
   * (code 10064), and a migration that deletes one to which the deployed version is still bound (code 10061). So a class is deleted by a
   * second deployment, if at all.
   */
  stubs: readonly string[];
  notes: readonly string[];
  faults: readonly string[];
}

/** The tag of the shipped configuration's migration: whoever has it runs this worker already. */
const OUR_TAG = /^limiter-object-/;
/** Names that stand in the new worker's entry already. */
const OURS: readonly string[] = ["LimiterObject", "DurableObject", "default"];
const THEIR_CLASS = "TokenBucket";
const THEIR_BINDING = "TOKEN_BUCKET";
const STRANGE =
  "migrations: the worker has a class of Durable Objects that is neither the original's nor this worker's: delete it first";

/** Read which classes the original has made, from its migrations and bindings. */
export function readOriginalClasses(settings: Readonly<Record<string, unknown>>): OriginalClasses {
  const { migrations = [], exports } = settings;
  if (exports !== undefined)
    return refuse("exports: this worker declares its class by migrations, and Cloudflare takes one of the two");
  if (!Array.isArray(migrations) || !migrations.every((each) => isRecord(each) && typeof each.tag === "string")) {
    return refuse("migrations: must be a list of migrations, each with a tag");
  }
  if (migrations.some(({ tag }) => OUR_TAG.test(tag))) return refuse("migrations: this worker is there already");
  const bindings = bindingsOf(settings);
  const own = bindings.filter(({ script_name }) => script_name === undefined || script_name === settings.name);
  const theirs = new Set([THEIR_CLASS, ...own.filter(({ name }) => name === THEIR_BINDING).map(classOf)]);
  const live = new Set([...liveClasses(migrations), ...own.map(classOf)]);
  const hasStrange = [...live].some((name) => !theirs.has(name) || !isIdentifier(name) || OURS.includes(name));
  return {
    migrations,
    stubs: [...live],
    notes: bindings
      .filter((each) => !own.includes(each))
      .map(({ name }) => `durable_objects: the binding ${name} is not taken over`),
    faults: hasStrange ? [STRANGE] : [],
  };
}

const refuse = (fault: string): OriginalClasses => ({ migrations: [], stubs: [], notes: [], faults: [fault] });

const classOf = ({ class_name }: Record<string, unknown>): string => String(class_name);

const isIdentifier = (name: string) => /^[A-Za-z_$][\w$]*$/.test(name);

function bindingsOf({ durable_objects }: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const bindings = isRecord(durable_objects) ? durable_objects.bindings : [];
  return Array.isArray(bindings) ? bindings.filter(isRecord) : [];
}

/** What is there once all migrations were applied. */
function liveClasses(migrations: readonly Record<string, unknown>[]): Set<string> {
  const live = new Set<string>();
  for (const { new_classes, new_sqlite_classes, renamed_classes, transferred_classes, deleted_classes } of migrations) {
    for (const name of [new_classes, new_sqlite_classes].flatMap(listOf)) live.add(String(name));
    for (const { from, to } of [renamed_classes, transferred_classes].flatMap(listOf).filter(isRecord)) {
      live.delete(String(from));
      live.add(String(to));
    }
    for (const name of listOf(deleted_classes)) live.delete(String(name));
  }
  return live;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
