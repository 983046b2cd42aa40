import { openRecords, type Records } from '#cloud/store'
import { type AuditReport, audit } from './audit.ts'
import { Inbox } from './inbox.ts'
import { lossOf, renewedOf } from './told.ts'

/** Audits the cloud's files, beside the processes that write them. @throws StoreError, IngestError where there are none */
export async function auditFiles(files: { readonly inbox: string; readonly records: string }): Promise<AuditReport> {
  using inbox = new Inbox(files.inbox, { readonly: true })
  await using records = await openRecords(files.records, { readonly: true })
  return await auditStores(inbox, records)
}

/** Audits stores that are open. */
export async function auditStores(inbox: Inbox, records: Records): Promise<AuditReport> {
  // Whose it is says the event, never its body.
  const told = async <Body extends object>(kind: string, bodyOf: (body: unknown) => Body | null) => {
    const rows = await records.db.selectFrom('event').select(['gateway', 'body']).where('kind', '=', kind).execute()
    return rows.flatMap(({ gateway, body }) => {
      const content = bodyOf(JSON.parse(body))
      return content === null ? [] : [{ ...content, gateway }]
    })
  }
  return audit({
    lanes: inbox.lanes(),
    losses: await told('loss', lossOf),
    renewals: await told('journal.renewed', renewedOf),
  })
}
