/** The views of this product by their path; the server knows the same paths. */
export const PAGE_PATHS = { desk: '/', letters: '/dead-letters' } as const
export type PageName = keyof typeof PAGE_PATHS

/** Which view lives at a path; null: none. */
export function pageAt(path: string): PageName | null {
  if (path === PAGE_PATHS.desk || path === '/index.html') return 'desk'
  return path === PAGE_PATHS.letters ? 'letters' : null
}
