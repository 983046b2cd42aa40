export * from './rule.ts'
export * from './rule-fold.ts'
export * from './verdict.ts'
