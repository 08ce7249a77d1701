import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Client } from '../app.ts';
import { SettingError } from '../read-settings.ts';

/*
 * A token is 256 random bits, so what is kept of it is its SHA-256: nobody guesses such a number, however fast the hash. Slow hashes are
 * for passwords, which people choose; here they would only make every request slow.
 */

const tokenBytes = 32;
const namePattern = /^[\w.-]{1,64}$/;
const entryPattern = /^([\w.-]{1,64}):(read|admin):([0-9a-f]{64})$/;

/** A new token, and the entry by which a server knows it. */
export interface NewToken {
  /** To be shown once: it cannot be found out again. */
  readonly token: string;
  /** `name:role:hash`. */
  readonly entry: string;
}

/**
 * Makes a token.
 * @param name what its holder is called in turns and in the log
 * @throws SettingError where the name is none
 */
export function makeToken(name: string, role: Client['role']): NewToken {
  if (!namePattern.test(name))
    throw new SettingError(
      `the name must be 1 to 64 letters, digits, or any of _ . -, found ${JSON.stringify(name)}`,
    );
  // The word in front lets scanners for secrets find one that was committed somewhere.
  const token = `ballpark_${randomBytes(tokenBytes).toString('base64url')}`;
  return { token, entry: `${name}:${role}:${hashOf(token).toString('hex')}` };
}

/**
 * The entries of a token file: one a line; empty lines, and those that begin with #, are passed over.
 * @throws SettingError where the file cannot be read
 */
export async function readTokenFile(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new SettingError(`tokenFile: cannot read ${path}: ${error.message}`);
  });
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** The tokens that a server knows. */
export class Tokens {
  private readonly known: readonly { readonly client: Client; readonly hash: Buffer }[];

  /** @throws SettingError where an entry is none */
  constructor(entries: readonly string[]) {
    this.known = entries.map((entry, index) => {
      const [, id, role, hash] = entryPattern.exec(entry) ?? [];
      // Not the entry itself: somebody may have put the token in its place.
      if (id === undefined || hash === undefined || (role !== 'read' && role !== 'admin'))
        throw new SettingError(
          `tokens: entry ${index + 1} is not name:role:hash as \`ballpark token\` makes it`,
        );
      return { client: { id, role }, hash: Buffer.from(hash, 'hex') };
    });
  }

  get count(): number {
    return this.known.length;
  }

  /**
   * Whose token a request brings. Hashes are compared, all of them and in constant time, so what is wrong with a token, its length or
   * its beginning, makes no difference.
   * @param authorization the values of its Authorization headers
   * @returns null for none, several, and one that is not known
   */
  clientOf(authorization: readonly string[]): Client | null {
    const [header = '', ...others] = authorization;
    const token = /^bearer +(\S.*)$/i.exec(header)?.[1] ?? '';
    const hash = hashOf(token);
    let found: Client | null = null;
    for (const each of this.known) if (timingSafeEqual(each.hash, hash)) found = each.client;
    // An entry may have been made of nothing, where a variable was not set.
    return others.length > 0 || token === '' ? null : found;
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
