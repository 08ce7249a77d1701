/*
 * Adds to package-lock.json the packages for other platforms that npm left out: it does where a registry does not hold them, and
 * then `npm ci` refuses the lock file. Run it after a change of dependencies; it changes nothing where nothing is missing.
 *
 *   node scripts/complete-lock.mjs
 */
import { readFile, writeFile } from 'node:fs/promises';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(await readFile(path, 'utf8'));
const cpus = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32'];
const systems = ['darwin', 'linux', 'win32', 'android', 'freebsd', 'openharmony'];

/** What the package's name says of the platform that it is for. @param {string} name */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = systems.find((each) => words.includes(each));
  const cpu = cpus.find((each) => words.includes(each));
  if (os === undefined || cpu === undefined) throw new Error(`${name} names no platform`);
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : words.some((word) => word.startsWith('gnu')) ? 'glibc' : null; // prettier-ignore
  return { cpu: [cpu], os: [os], ...(os === 'linux' && libc !== null ? { libc: [libc] } : {}) };
}

const added = [];
for (const { optionalDependencies = {}, dev } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const place = `node_modules/${name}`;
    // A range is one that npm could resolve; packages for platforms are pinned.
    if (lock.packages[place] !== undefined || !/^\d/.test(version)) continue;
    lock.packages[place] = { version, ...platformOf(name), ...(dev === true ? { dev } : {}), optional: true };
    added.push(name);
  }
}
if (added.length > 0) {
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(added.length === 0 ? 'nothing is missing' : `added ${added.join(', ')}`);
