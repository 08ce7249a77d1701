/* Loaded before a program (`node --import`): at its end it says on standard error which libraries the process has loaded, as JSON. */
process.on('exit', () => {
  console.error(JSON.stringify(process.report.getReport().sharedObjects));
});
