/*
 * server: the HTTP door.
 * In: an open engine and settings. Out: the routes under routes/; every error is application/problem+json, and an event where a stream
 * has begun.
 * Always: without tokens only this machine is served; Host and Origin are checked; a client that leaves takes its query along.
 */
export { makeToken, withTokens } from './guard/index.ts';
export { readSettings, SettingError } from './read-settings.ts';
export { isList, type Setting, settingsOf } from './setting-list.ts';
export { type ServerSettings, ServerSettingsSchema } from './settings.ts';
export { type RunningServer, startServer } from './start-server.ts';
