// Checks several projects with one compiler, each as `tsc -p` does, but its libraries are read once.
//
//   node compile.mjs PATH_OF_TYPESCRIPT TSCONFIG…
//
// Prints an object: the errors of each project.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const [, , path, ...configs] = process.argv;
const ts = createRequire(import.meta.url)(path);
const libraries = new Map();
let last;

function errorsOf(config) {
  const { config: json } = ts.readConfigFile(config, ts.sys.readFile);
  const { options, fileNames, errors } = ts.parseJsonConfigFileContent(json, ts.sys, dirname(config));
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...args) => {
    if (!/\/lib\/lib\.[^/]*d\.ts$/.test(name)) {
      return read(name, ...args);
    }
    if (!libraries.has(name)) {
      libraries.set(name, read(name, ...args));
    }
    return libraries.get(name);
  };
  const program = ts.createProgram({ rootNames: fileNames, options, host, oldProgram: last });
  last = program; // the next may have the same files
  const all = [...errors, ...program.getOptionsDiagnostics(), ...ts.getPreEmitDiagnostics(program)];
  return ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(all), {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => dirname(config),
    getNewLine: () => '\n',
  });
}

console.log(JSON.stringify(Object.fromEntries(configs.map((config) => [config, errorsOf(config)]))));
