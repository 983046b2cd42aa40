/** How the sync stands, as `/status` and `/metrics` tell it. */
export interface UplinkState {
  readonly isConnected: boolean
  /** Site time of the last change of `isConnected`. */
  readonly since: number
  /** Why the last connection ended or failed. */
  readonly error: string | null
  readonly bytesUnderWay: number
  /** Bytes that may be under way now. */
  readonly windowBytes: number
  /** What the link carries as measured on this connection, bytes a second; 0: not known. */
  readonly bytesPerSecond: number
  /** No batch is larger: what the broker takes, as far as is known. */
  readonly batchBytesMax: number
  readonly batchesSent: number
  readonly rowsSent: number
  /** Bytes of readings that were sent: of those that came since the connection began, and of those that waited for it. */
  readonly bytesSent: { readonly fresh: number; readonly backlog: number }
}
