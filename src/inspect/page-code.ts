/** The page's program. The build puts the bundle of `panel/page.ts` here; in the sources there is none. */
export const PAGE_CODE = '';
