/** Opening batches, as only the cloud does: alone, so that no gateway's box holds its compiled checks. */
export * from './decode-batch.ts'
