/** What a device is: readings, times, and device models as data. */
export * from './catalogue.ts'
export * from './clock.ts'
export * from './document.ts'
export * from './duration.ts'
export * from './modbus-point.ts'
export * from './named.ts'
export * from './profile.ts'
export * from './reading/index.ts'
