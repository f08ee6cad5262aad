import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * The links of a folder's pages that lead nowhere: to a file that is not there, or to an anchor that its page does not have.
 *
 * @param {string} folder
 * @returns {string[]} each as "page: link"
 */
export function brokenLinks(folder) {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.html'),
  );
  const html = new Map(pages.map((page) => [page, readFileSync(join(folder, page), 'utf8')]));
  const anchors = new Map(
    [...html].map(([page, text]) => [
      page,
      new Set([...text.matchAll(/\b(?:id|name)="([^"]+)"/g)].map(([, name]) => name)),
    ]),
  );
  const isBroken = (page, link) => {
    const [path = '', hash = ''] = decodeURI(link.replaceAll('&amp;', '&')).split('#');
    const target = path === '' ? page : relative(folder, join(folder, dirname(page), path));
    const file = /(^|\/)$/.test(path) && path !== '' ? join(target, 'index.html') : target;
    if (
      file.startsWith('..') ||
      !existsSync(join(folder, file)) ||
      statSync(join(folder, file)).isDirectory()
    ) {
      return true;
    }
    return hash !== '' && file.endsWith('.html') && anchors.get(file)?.has(hash) !== true;
  };
  return [...html].flatMap(([page, text]) =>
    [...text.matchAll(/\b(?:href|src)="([^"]*)"/g)]
      .map(([, link]) => link)
      .filter((link) => !/^([a-z]+:|\/\/)/.test(link) && isBroken(page, link))
      .map((link) => `${page}: ${link}`),
  );
}
