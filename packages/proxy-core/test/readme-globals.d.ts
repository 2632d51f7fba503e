/** What the README's readers bring along. */
declare function readSecret(name: string): string;
declare function isKnown(credential: string, team?: string): Promise<boolean>;
