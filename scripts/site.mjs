// Makes site/: the pages of the repository as a guide, the API reference, the benchmark's charts, and the playground. Fails
// where a link leads nowhere.
//
// TypeDoc renders all of it but the playground. It takes the title of a page from its front matter, and leaves code in a
// heading out of the anchor, so it is given copies of the pages with a front matter, and without code in headings.
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Application, OptionDefaults } from 'typedoc';
import { brokenLinks } from './site/broken-links.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { exports: entries, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const pages = join(root, 'build', 'site-pages');
const site = join(root, 'site');

const PLAYGROUND = 'playground/index.html';
const DECISIONS = 'docs/decisions/README.md';

/** A page as TypeDoc is to have it. */
function forTypeDoc(markdown, children) {
  const title = /^# (.*)$/m.exec(markdown)?.[1]?.replaceAll('`', '') ?? 'rxmux';
  const list = children.map((child) => `  - ./${child}\n`).join('');
  const frontMatter = `---\ntitle: ${JSON.stringify(title)}\n${list === '' ? '' : `children:\n${list}`}---\n\n`;
  const text = markdown.replaceAll(/^```[^]*?^```$|^##+ .*$/gm, (found) =>
    found.startsWith('#') ? found.replaceAll('`', '') : found,
  );
  return frontMatter + text;
}

const markdownIn = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${folder}/${name}`);

const decisions = markdownIn('docs/decisions').filter((path) => path !== DECISIONS);
const readme = readFileSync(join(root, 'README.md'), 'utf8');
/** In the order in which the README names them. */
const guide = [...new Set([...readme.matchAll(/^\| .*\]\((docs\/[\w-]+\.md)\)/gm)].map(([, path]) => path))];
const others = markdownIn('docs').filter((path) => !guide.includes(path));
const documents = [...guide, ...others, DECISIONS, 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];

rmSync(pages, { recursive: true, force: true });
rmSync(site, { recursive: true, force: true });
// What pages show or link to comes along.
for (const path of ['docs', 'examples', 'bench/results']) {
  cpSync(join(root, path), join(pages, path), { recursive: true });
}
copyFileSync(join(root, 'LICENSE'), join(pages, 'LICENSE'));
copyFileSync(join(root, 'README.md'), join(pages, 'README.md'));
for (const path of [...documents, ...decisions]) {
  const children = path === DECISIONS ? decisions.map((record) => record.replace(/.*\//, '')) : [];
  writeFileSync(join(pages, path), forTypeDoc(readFileSync(join(root, path), 'utf8'), children));
}

const app = await Application.bootstrap({
  name: 'rxmux',
  out: site,
  entryPoints: Object.keys(entries)
    .filter((name) => name !== './package.json')
    .map((name) => join(root, 'src', `${name === '.' ? 'index' : name.slice(2)}.ts`)),
  tsconfig: join(root, 'tsconfig.build.json'),
  readme: join(pages, 'README.md'),
  projectDocuments: documents.map((path) => join(pages, path)),
  basePath: join(root, 'src'),
  favicon: join(root, 'scripts', 'site', 'favicon.svg'),
  includeVersion: true,
  disableSources: true, // the repository's own address need not hold what is documented here
  githubPages: false,
  excludeExternals: true, // what RxJS and Node document themselves
  excludePrivate: true,
  excludeInternal: true,
  sort: ['documents-first', 'source-order'],
  sortEntryPoints: false,
  navigationLinks: { Playground: PLAYGROUND },
  customCss: join(root, 'scripts', 'site', 'site.css'),
  blockTags: [...OptionDefaults.blockTags, '@ts-ignore'], // it is for the compiler
  excludeTags: ['@ts-ignore'],
  highlightLanguages: [...OptionDefaults.highlightLanguages, 'sh', 'text', 'js', 'diff'],
  ignoredHighlightLanguages: ['hex', 'conf'],
  validation: { invalidLink: true, invalidPath: true, notExported: false, notDocumented: false },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  logLevel: 'Warn',
});
const project = await app.convert();
if (project === undefined) {
  throw new Error('TypeDoc could not read the sources');
}
for (const module of project.children ?? []) {
  module.name = module.name === 'index' ? 'rxmux' : `rxmux/${module.name}`; // as one imports it
}
app.validate(project);
await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) {
  throw new Error(`TypeDoc: ${app.logger.errorCount} errors, ${app.logger.warningCount} warnings`);
}

// The links of the header are the same on each page, wherever it is.
for (const path of readdirSync(site, { recursive: true, encoding: 'utf8' })) {
  if (path.endsWith('.html')) {
    const html = readFileSync(join(site, path), 'utf8');
    const base = '../'.repeat(path.split(sep).length - 1);
    writeFileSync(join(site, path), html.replaceAll(`href="${PLAYGROUND}"`, `href="${base}${PLAYGROUND}"`));
  }
}

const playground = join(root, 'examples', 'playground');
mkdirSync(join(site, 'playground'), { recursive: true });
copyFileSync(join(playground, 'index.html'), join(site, 'playground', 'index.html'));
await build({
  entryPoints: { playground: join(playground, 'main.ts'), style: join(playground, 'style.css') },
  outdir: join(site, 'playground'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['browser'],
  logLevel: 'warning',
});

const broken = brokenLinks(site);
if (broken.length > 0) {
  throw new Error(`These links lead nowhere:\n${broken.join('\n')}`);
}
console.log(`site/ is made, of rxmux ${version}: open site/index.html, or npm run site:serve`);
