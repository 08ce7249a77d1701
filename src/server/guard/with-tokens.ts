import { SettingError } from '../read-settings.ts';
import type { ServerSettings } from '../settings.ts';
import { isLoopback } from './loopback.ts';
import { readTokenFile } from './tokens.ts';

/**
 * Takes in the tokens of the file, so that it is not read again.
 * @throws SettingError where others could connect and there is none, or they cannot be read
 */
export async function withTokens(settings: ServerSettings): Promise<ServerSettings> {
  const { host, tokenFile } = settings;
  const inFile = tokenFile === '' ? [] : await readTokenFile(tokenFile);
  // Whoever names a file wants tokens to be asked for.
  if (tokenFile !== '' && inFile.length === 0)
    throw new SettingError(`tokenFile: there is no entry in ${tokenFile}`);
  const tokens = [...settings.tokens, ...inFile];
  if (tokens.length === 0 && !isLoopback(host))
    throw new SettingError(
      `host: ${host} is not a loopback address, so there must be tokens: make one with \`ballpark token\``,
    );
  return { ...settings, tokens, tokenFile: '' };
}
