/** Where the states of a line and of a driver are told when they change; pino's shape. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
